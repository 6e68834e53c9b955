<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeUrl;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\ConnectionTest;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\OutcomeKind;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use PHPUnit\Framework\TestCase;

final class BridgeClientTest extends TestCase
{
    /** @dataProvider answers */
    public function testAnAnswerIsReadAfterTheTableOfTheContract(HttpAnswer $answer, OutcomeKind $kind, string $words): void
    {
        $outcome = BridgeClient::outcome($answer);

        self::assertSame($kind, $outcome->kind);
        self::assertStringContainsString($words, $outcome->sentence);
    }

    /** @return array<string, array{HttpAnswer, OutcomeKind, string}> */
    public static function answers(): array
    {
        $html = '<html><body>Bad Gateway</body></html>';

        return [
            'accepted' => [ScriptedTransport::accepted(), OutcomeKind::Acknowledged, ''],
            'ignored' => [new HttpAnswer(202, [], '{"status":"ignored"}'), OutcomeKind::Acknowledged, ''],
            'duplicate' => [new HttpAnswer(200, [], '{"status":"duplicate"}'), OutcomeKind::Acknowledged, ''],
            'a web page that says 200' => [new HttpAnswer(200, [], $html), OutcomeKind::NeedsPerson, 'Something else'],
            'an empty 200' => [new HttpAnswer(200, [], ''), OutcomeKind::NeedsPerson, 'Something else'],
            'a wrong field' => [ScriptedTransport::problem(400, 'status is wrong'), OutcomeKind::Refused, 'status is wrong'],
            'too large' => [ScriptedTransport::problem(413), OutcomeKind::Refused, '413'],
            'wrong secret' => [ScriptedTransport::problem(401, 'too old'), OutcomeKind::NeedsPerson, 'too old'],
            'wrong source' => [ScriptedTransport::problem(403), OutcomeKind::NeedsPerson, 'from here'],
            'wrong address' => [new HttpAnswer(404, [], $html), OutcomeKind::NeedsPerson, 'no Paydactyl'],
            'a proxy that refuses' => [new HttpAnswer(400, [], $html), OutcomeKind::NeedsPerson, 'stands before Paydactyl'],
            'a proxy with less room' => [new HttpAnswer(413, [], $html), OutcomeKind::NeedsPerson, 'stands before Paydactyl'],
            'a proxy with a password' => [new HttpAnswer(401, [], $html), OutcomeKind::NeedsPerson, 'stands before Paydactyl'],
            'a firewall' => [new HttpAnswer(403, [], $html), OutcomeKind::NeedsPerson, 'stands before Paydactyl'],
            'redirected' => [new HttpAnswer(301, [], ''), OutcomeKind::NeedsPerson, 'redirects'],
            'busy' => [ScriptedTransport::problem(503), OutcomeKind::Later, '503'],
            'throttled' => [ScriptedTransport::problem(429), OutcomeKind::Later, '429'],
            'a proxy without bridge' => [new HttpAnswer(502, [], $html), OutcomeKind::Later, '502'],
        ];
    }

    /** @dataProvider addresses */
    public function testAnAddressIsTakenAsPeopleTypeIt(string $typed, string $used): void
    {
        self::assertSame($used, BridgeUrl::parse($typed)->to('/webhooks/paymenter'));
    }

    /** @return list<array{string, string}> */
    public static function addresses(): array
    {
        return [
            [' https://bridge.example.com/ ', 'https://bridge.example.com/webhooks/paymenter'],
            ['https://example.com/paydactyl', 'https://example.com/paydactyl/webhooks/paymenter'],
            ['https://bridge.example.com/webhooks/paymenter', 'https://bridge.example.com/webhooks/paymenter'],
            ['http://127.0.0.1:8750', 'http://127.0.0.1:8750/webhooks/paymenter'],
            ['http://[::1]:8750', 'http://[::1]:8750/webhooks/paymenter'],
        ];
    }

    /** @dataProvider unusableAddresses */
    public function testAnAddressThatTheBridgeWouldNotTakeIsRefused(?string $typed, string $words): void
    {
        $this->expectException(Problem::class);
        $this->expectExceptionMessage($words);
        BridgeUrl::parse($typed);
    }

    /** @return list<array{?string, string}> */
    public static function unusableAddresses(): array
    {
        return [
            [null, 'is empty'],
            ['bridge.example.com', 'is not an address'],
            ['http://bridge.example.com', 'https://'],
            ['http://127.0.0.1.example.com', 'https://'],
            ['ftp://bridge.example.com', 'https://'],
            ['https://ada:secret@bridge.example.com', 'user name'],
            ['https://bridge.example.com?x=1', 'is not an address'],
        ];
    }

    public function testTheConnectionTestPassesWhereAllIsWell(): void
    {
        $transport = new ScriptedTransport(
            $this->live(),
            new HttpAnswer(202, [], '{"status":"ignored"}'),
            new HttpAnswer(200, [], '{"tiers":[{"id":"awakened"}]}')
        );

        self::assertNull($this->test($transport));
        self::assertSame(
            ['/health/live', '/webhooks/paymenter', '/webhooks/paymenter/questions'],
            array_map(static fn ($request) => parse_url($request->url, PHP_URL_PATH), $transport->requests)
        );
    }

    public function testAQuestionIsSignedWithTheSecretAndCarriesNoOther(): void
    {
        $transport = new ScriptedTransport(new HttpAnswer(200, [], '{}'));
        $shop = new Shop(transport: $transport);

        $shop->assembly->bridge()->ask(['question' => 'access', 'customer_id' => '3'], 1500);

        $request = $transport->requests[0];
        $headers = $request->headers;
        self::assertSame(
            $shop->assembly->settings->signer()->headers(
                $headers['webhook-id'],
                (int) $headers['webhook-timestamp'],
                '{"question":"access","customer_id":"3"}'
            ),
            array_intersect_key($headers, ['webhook-id' => 1, 'webhook-timestamp' => 1, 'webhook-signature' => 1])
        );
        self::assertArrayNotHasKey('Authorization', $headers);
        self::assertSame(1500, $request->totalMilliseconds);
    }

    public function testTheConnectionTestTellsAWrongClockFromAWrongSecret(): void
    {
        $result = $this->test(new ScriptedTransport(new HttpAnswer(200, ['date' => 'Mon, 23 Nov 2026 10:20:00 GMT'], '')));

        self::assertIsString($result);
        self::assertStringContainsString("differ by 1200 seconds: this machine's is ahead", $result);
    }

    /** @dataProvider troubles */
    public function testTheConnectionTestSaysWhatAPersonHasToDo(string $words, HttpAnswer ...$answers): void
    {
        self::assertStringContainsString($words, (string) $this->test(new ScriptedTransport($this->live(), ...$answers)));
    }

    /** @return array<string, list<string|HttpAnswer>> */
    public static function troubles(): array
    {
        $taken = new HttpAnswer(202, [], '{"status":"ignored"}');

        return [
            'another secret' => ['the webhook secret differs', ScriptedTransport::problem(401)],
            'a firewall' => ['does not take deliveries from here', ScriptedTransport::problem(403)],
            'a shop window' => ['Something else than Paydactyl', new HttpAnswer(200, [], '<html>Welcome to nginx!</html>')],
            'an older bridge' => ['questions are answered with HTTP 404', $taken, ScriptedTransport::problem(404)],
            'a page for questions' => ['questions are answered with HTTP 200', $taken, new HttpAnswer(200, [], '<html>')],
            'no tiers' => ['has no tiers', $taken, new HttpAnswer(200, [], '{"tiers":[]}')],
        ];
    }

    private function live(): HttpAnswer
    {
        return new HttpAnswer(200, ['date' => 'Mon, 23 Nov 2026 10:41:00 GMT'], '{}');
    }

    private function test(ScriptedTransport $transport): ?string
    {
        $shop = new Shop(transport: $transport);

        return (new ConnectionTest($shop->assembly->bridge(), $shop->clock))->run();
    }
}
