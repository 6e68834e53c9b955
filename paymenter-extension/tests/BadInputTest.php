<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\ConnectionTest;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Core\Status;
use Paymenter\Extensions\Servers\Paydactyl\Customer\AccessPage;
use Paymenter\Extensions\Servers\Paydactyl\Customer\MinecraftName;
use Paymenter\Extensions\Servers\Paydactyl\Customer\TierList;
use PHPUnit\Framework\TestCase;

/**
 * Bad input on Paymenter's side, line by line: each is said in a whole sentence to whoever can act, and nothing that waits
 * is lost or changed by it. The bridge's half of the list is Tests/EndToEndTests/BadInputTests.swift.
 */
final class BadInputTest extends TestCase
{
    private const HTML = '<html><body><h1>Checking your browser</h1></body></html>';

    /**
     * @dataProvider whatDeliveriesMeet
     * @param array<string, ?string> $settings
     */
    public function testADeliveryThatCannotBeMadeSaysWhyAndIsMadeOnceThatIsPutRight(
        array $settings,
        ?HttpAnswer $answer,
        string $sentence,
    ): void {
        $transport = $answer === null ? new ScriptedTransport() : new ScriptedTransport($answer);
        $shop = $this->shop($transport, $settings);
        $before = $this->everything($shop);

        self::assertSame($sentence, $this->runCourier($shop->assembly));

        self::assertSame($before, $this->everything($shop));
        self::assertSame($answer === null ? 0 : 1, count($transport->requests), 'who was asked');
        $shown = implode("\n", (new Status($shop->assembly))->view()['problems']);
        self::assertStringContainsString($sentence, $shown, 'paydactyl:status');
        $mended = $this->mended($shop, $taking = new ScriptedTransport());
        $mended->gate()->reset();
        $mended->outbox()->retryRefused();
        self::assertSame(2, $mended->courier()->run(5000)->delivered);
        $taken = array_column($taking->bodies(), 'subscription_id');
        sort($taken);
        self::assertSame(['8', '9'], $taken);
    }

    /** @return array<string, array{array<string, ?string>, ?HttpAnswer, string}> */
    public static function whatDeliveriesMeet(): array
    {
        $stranger = static fn (int $status) => "Something that stands before Paydactyl turned a delivery away (HTTP {$status},"
            . ' and not in its words): let /webhooks/paymenter through unchanged in the proxy or firewall at the bridge URL.';
        $other = static fn (int $status) => "Something else than Paydactyl answers at the bridge URL (HTTP {$status} without its"
            . ' acknowledgement).';
        $none = static fn (int $status) => "There is no Paydactyl at the bridge URL (HTTP {$status} for /webhooks/paymenter).";
        $html = static fn (int $status) => new HttpAnswer($status, ['content-type' => 'text/html'], self::HTML);

        return [
            'a secret that Paymenter could not decrypt' => [['secret' => null], null,
                'The webhook secret is empty. If it was set before, Paymenter could not decrypt it, which happens when APP_KEY'
                . ' changes: enter it again.'],
            'a secret without its prefix' => [['secret' => 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], null,
                'A webhook secret begins with whsec_.'],
            'a secret that is no base64' => [['secret' => 'whsec_*'], null,
                'What follows whsec_ in the webhook secret must be standard base64, with its padding.'],
            'a secret that is too short' => [['secret' => 'whsec_c2hvcnQ='], null,
                'A webhook secret has at least 24 bytes before base64, this one has 5.'],
            'a second secret that is none' => [['previous_secret' => 'old'], null,
                'The second webhook secret cannot be used. A webhook secret begins with whsec_.'],
            'no address' => [['bridge_url' => ''], null,
                'The bridge URL is empty: enter the address of Paydactyl, such as https://paydactyl.example.com.'],
            'an address without TLS' => [['bridge_url' => 'http://bridge.test'], null,
                'The bridge URL must begin with https://; plain http is only for a bridge on this machine.'],
            'another secret than the bridge\'s' => [
                [],
                ScriptedTransport::problem(401, 'no signature matches a configured secret'),
                'The signature was not accepted (HTTP 401): the webhook secret differs from the one of the bridge, or a clock is'
                . ' wrong. The bridge says: no signature matches a configured secret',
            ],
            'a host that the bridge does not take from' => [
                [],
                ScriptedTransport::problem(403, 'Deliveries are not taken from 192.0.2.7; see billing.paymenter.allow_from.'),
                'The bridge does not take deliveries from here (HTTP 403). The bridge says: Deliveries are not taken from'
                . ' 192.0.2.7; see billing.paymenter.allow_from.',
            ],
            'a bridge that cannot write' => [[], ScriptedTransport::problem(503, 'Send it again later.'),
                'The bridge could not take a delivery (HTTP 503). The bridge says: Send it again later.'],
            'HTML for 200' => [[], $html(200), $other(200)],
            'HTML for 202' => [[], $html(202), $other(202)],
            'HTML for 400' => [[], $html(400), $stranger(400)],
            'HTML for 401' => [[], $html(401), $stranger(401)],
            'HTML for 403' => [[], $html(403), $stranger(403)],
            'HTML for 413' => [[], $html(413), $stranger(413)],
            'HTML for 404' => [[], $html(404), $none(404)],
            'HTML for 405' => [[], $html(405), $none(405)],
            'HTML for 502' => [[], $html(502), 'The bridge could not take a delivery (HTTP 502).'],
            'HTML for 503' => [[], $html(503), 'The bridge could not take a delivery (HTTP 503).'],
            'a redirection' => [[], new HttpAnswer(302, ['location' => 'https://login.test'], self::HTML),
                'The bridge URL redirects elsewhere (HTTP 302); enter the address that it leads to.'],
            'JSON of somebody else' => [[], new HttpAnswer(200, [], '{"ok":true}'), $other(200)],
        ];
    }

    /** What the bridge itself will never take is put aside and named, and holds up nobody else. */
    public function testADeliveryThatTheBridgeRefusesIsPutAsideAndNamed(): void
    {
        $shop = $this->shop(new ScriptedTransport(
            ScriptedTransport::problem(400, 'quantity must be an integer'),
            ScriptedTransport::accepted()
        ));

        self::assertSame(
            'The bridge refused a delivery (HTTP 400). The bridge says: quantity must be an integer',
            $this->runCourier($shop->assembly)
        );

        self::assertSame([1, 1], [$shop->assembly->outbox()->count(), $shop->assembly->outbox()->backlog()->refused]);
        $view = (new Status($shop->assembly))->view();
        self::assertFalse($view['ok']);
        self::assertMatchesRegularExpression(
            '/^subscription\.created of service:8 \(msg_[0-9a-f]{32}\): The bridge refused a delivery \(HTTP 400\)\. The bridge'
            . ' says: quantity must be an integer$/',
            $view['problems'][0]
        );
    }

    /** @dataProvider whatListsMeet */
    public function testAListThatIsNotTakenWholeSaysWhyAndChangesNothing(HttpAnswer $answer, string $sentence): void
    {
        $shop = $this->shop(new ScriptedTransport(ScriptedTransport::accepted(), $answer));
        $shop->database->transaction(function () use ($shop): void {
            for ($id = 100; $id < 800; $id++) {
                $shop->service($id);
            }
        });
        $before = $this->everything($shop);

        $result = $shop->assembly->fullList()->send();

        self::assertSame([1, $sentence], [$result->acknowledgedPages, $result->problem]);
        self::assertGreaterThan(1, $result->pages);
        self::assertSame($before, $this->everything($shop));
        self::assertNull((new Status($shop->assembly))->view()['last_list_at']);
    }

    /** @return array<string, array{HttpAnswer, string}> */
    public static function whatListsMeet(): array
    {
        return [
            'a page that is refused' => [
                ScriptedTransport::problem(400, 'subscriptions[3].status must be a string'),
                'The bridge refused a delivery (HTTP 400). The bridge says: subscriptions[3].status must be a string',
            ],
            'a page that HTML answers' => [new HttpAnswer(413, [], self::HTML),
                'Something that stands before Paydactyl turned a delivery away (HTTP 413, and not in its words): let'
                . ' /webhooks/paymenter through unchanged in the proxy or firewall at the bridge URL.'],
            'a bridge that went away' => [ScriptedTransport::problem(503, 'Send it again later.'),
                'The bridge could not take a delivery (HTTP 503). The bridge says: Send it again later.'],
        ];
    }

    /** @dataProvider whatQuestionsMeet */
    public function testAQuestionThatIsNotAnsweredAsTheBridgeAnswersSaysSoAndTellsNothing(
        HttpAnswer $answer,
        string $sentence,
    ): void {
        $shop = $this->shop(new ScriptedTransport($answer));
        $before = $this->everything($shop);

        try {
            $shop->assembly->wanted()->tell();
            self::fail('It was taken.');
        } catch (Problem $problem) {
            self::assertSame($sentence, $problem->getMessage());
        }
        self::assertSame($before, $this->everything($shop));
    }

    /** @return array<string, array{HttpAnswer, string}> */
    public static function whatQuestionsMeet(): array
    {
        $unknown = 'What the bridge wants to hear is not known: it answers with HTTP';

        return [
            'HTML' => [new HttpAnswer(200, [], self::HTML), "{$unknown} 200, and not in its words."],
            'a proxy' => [new HttpAnswer(403, [], self::HTML), "{$unknown} 403, and not in its words."],
            'another secret' => [
                ScriptedTransport::problem(401, 'no signature matches a configured secret'),
                "{$unknown} 401. no signature matches a configured secret",
            ],
            'another shape' => [new HttpAnswer(200, [], '{"subscriptions":{"id":"8"}}'), "{$unknown} 200, and not in its words."],
        ];
    }

    /** @dataProvider whatTheConnectionTestFinds */
    public function testTheConnectionTestSaysItInTheForm(string $sentence, HttpAnswer ...$answers): void
    {
        $shop = $this->shop(new ScriptedTransport(...$answers));
        $test = new ConnectionTest($shop->assembly->bridge(), $shop->clock);

        self::assertSame($sentence, $test->run());
    }

    /** @return array<string, array<string|HttpAnswer>> */
    public static function whatTheConnectionTestFinds(): array
    {
        $live = new HttpAnswer(200, ['date' => 'Mon, 23 Nov 2026 10:40:00 GMT'], '{}');
        $ignored = new HttpAnswer(202, [], '{"status":"ignored"}');

        return [
            'a clock' => ["The clocks differ by 2400 seconds: this machine's is ahead. The bridge takes nothing more than 300"
                . ' seconds off.', new HttpAnswer(200, ['date' => 'Mon, 23 Nov 2026 10:00:00 GMT'], '')],
            'a web page' => ['Something else than Paydactyl answers at the bridge URL (HTTP 200 without its acknowledgement).',
                $live, new HttpAnswer(200, [], self::HTML)],
            'an older bridge' => ['Deliveries are taken, but questions are answered with HTTP 404: the bridge is older than this'
                . ' extension, or something before it lets only /webhooks/paymenter through.',
                $live, $ignored, ScriptedTransport::problem(404)],
            'no tiers' => ['Deliveries are taken, but paydactyl.yaml has no tiers, so that no product gives anything.',
                $live, $ignored, new HttpAnswer(200, [], '{"tiers":[]}')],
        ];
    }

    public function testATierThatTheBridgeDoesNotKnowIsNamedInTheProductsFormAndStillTold(): void
    {
        $options = TierList::options([['id' => 'awakened', 'products' => ['awakened'], 'needs_player' => false]]);
        $field = TierList::productFields($options, 'awakend')[0];

        self::assertSame('awakend (the bridge does not know it)', $field['options']['awakend']);

        $shop = $this->shop(new ScriptedTransport());
        $shop->insert('settings', [
            'key' => 'tier', 'value' => 'awakend', 'settingable_id' => 1, 'settingable_type' => 'App\Models\Product',
        ]);
        $shop->assembly->recorder()->tellAnew(8, 0);
        $shop->forgetTold();
        $shop->assembly->recorder()->lifecycleCalled(
            \Paymenter\Extensions\Servers\Paydactyl\Events\LifecycleCall::Create,
            8,
            again: true
        );
        self::assertSame('awakend', $shop->told()[0]['tier'], 'the bridge says it of the customer');
    }

    /** @dataProvider names */
    public function testANameThatIsNoneIsRefusedAtTheCheckoutWhereItsRuleStands(string $edition, string $name, bool $isOne): void
    {
        [, $field] = MinecraftName::checkoutFields('minecraft_username', $edition);
        self::assertSame(
            'Your name in the game, exactly as it is shown there: 3 to 16 letters, digits and underscores; a Bedrock gamertag may'
            . ' have blanks.',
            $field['description']
        );
        self::assertTrue($field['required']);
        self::assertSame($isOne, preg_match(substr($field['validation'][0], strlen('regex:')), $name) === 1);
    }

    /** @return list<array{string, string, bool}> */
    public static function names(): array
    {
        return [
            ['java', 'Ada_Lovelace', true], ['java', 'Ad', false], ['java', 'Ada Lovelace', false], ['java', "Ada\n", false],
            ['java', 'ada; op ada', false], ['java', '', false], ['java', 'Ädä', false], ['java', str_repeat('a', 17), false],
            ['bedrock', 'Ada Lovelace', true], ['bedrock', ' Ada', false], ['bedrock', '1Ada', false],
            ['bedrock', 'Ada"op', false], ['bedrock', str_repeat('a', 17), false],
        ];
    }

    /** A name that came past the checkout is told as it is; the bridge blocks the rank alone and says so to the customer. */
    public function testAWrongNameThatIsStoredAlreadyIsToldAndExplainedToTheCustomer(): void
    {
        $shop = $this->shop(new ScriptedTransport());
        $shop->insert('properties', [
            'key' => 'minecraft_username', 'value' => 'ada; op ada', 'model_id' => 8, 'model_type' => 'App\Models\Service',
        ]);
        $shop->forgetTold();
        $shop->assembly->recorder()->servicePropertiesChanged(8);
        self::assertSame('ada; op ada', $shop->told()[0]['properties']['minecraft_username']);

        $page = new AccessPage(['state' => 'waiting', 'because' => 'player_name'], null);
        self::assertStringContainsString(
            'the Minecraft name of this service is missing, or is no name that a player can have. Open a ticket with your name in'
            . ' the game.',
            $page->html('8')
        );
    }

    public function testAnAnswerAboutAnotherCustomerIsShownToNobody(): void
    {
        self::assertFalse(AccessPage::concerns(['customer_id' => '4', 'state' => 'ready'], '3'));
        self::assertFalse(AccessPage::concerns(['state' => 'ready'], '3'));
        self::assertTrue(AccessPage::concerns(['customer_id' => '3'], '3'));
    }

    /** @param array<string, ?string> $settings */
    private function shop(ScriptedTransport $transport, array $settings = []): Shop
    {
        $shop = new Shop(transport: $transport, settings: $settings);
        foreach ([8, 9] as $id) {
            $shop->service($id);
            $shop->clock->now++;
            $shop->assembly->recorder()->serviceCreated($id);
        }

        return $shop;
    }

    private function runCourier(Assembly $assembly): string
    {
        try {
            $run = $assembly->courier()->run(5000);

            return $run->problem ?? $run->refusal ?? 'all is well';
        } catch (Problem $problem) {
            return $problem->getMessage();
        }
    }

    private function mended(Shop $shop, ScriptedTransport $transport): Assembly
    {
        $settings = new Settings(['bridge_url' => 'https://bridge.test', 'secret' => Shop::SECRET]);

        return new Assembly($shop->database, $settings, new \DateTimeZone('UTC'), $shop->clock, $transport);
    }

    /**
     * What waits, and what Paymenter itself has.
     *
     * @return array<string, list<array<string, mixed>>>
     */
    private function everything(Shop $shop): array
    {
        $rows = static fn (string $sql) => $shop->database->select($sql);

        return [
            'outbox' => $rows('SELECT delivery_id, subject, kind, revision, body FROM ext_paydactyl_outbox ORDER BY revision'),
            'said' => $rows('SELECT * FROM ext_paydactyl_subjects ORDER BY subject'),
            'services' => $rows('SELECT * FROM services ORDER BY id'),
            'settings' => $rows('SELECT * FROM settings ORDER BY id'),
        ];
    }
}
