<?php

declare(strict_types=1);

namespace PaydactylTests;

use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Webhook\WebhookSecret;
use Paymenter\Extensions\Servers\Paydactyl\Webhook\WebhookSigner;
use PHPUnit\Framework\TestCase;

final class WebhookSignerTest extends TestCase
{
    private const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

    /** The vector that the libraries of Standard Webhooks are tested with. */
    public function testItSignsAsStandardWebhooksPublishes(): void
    {
        $signer = new WebhookSigner(WebhookSecret::parse(self::SECRET));

        $headers = $signer->headers('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}');

        self::assertSame(
            [
                'webhook-id' => 'msg_p5jXN8AQM9LWM0D4loKWxJek',
                'webhook-timestamp' => '1614265330',
                'webhook-signature' => 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
            ],
            $headers
        );
    }

    public function testWithTwoSecretsADeliveryCarriesASignatureOfEach(): void
    {
        $other = 'whsec_' . base64_encode(str_repeat('k', 32));
        $first = (new WebhookSigner(WebhookSecret::parse(self::SECRET)))->headers('msg_1', 1, '{}')['webhook-signature'];
        $second = (new WebhookSigner(WebhookSecret::parse($other)))->headers('msg_1', 1, '{}')['webhook-signature'];

        $both = new WebhookSigner(WebhookSecret::parse(self::SECRET), WebhookSecret::parse($other));

        self::assertNotSame($first, $second);
        self::assertSame("{$first} {$second}", $both->headers('msg_1', 1, '{}')['webhook-signature']);
    }

    /** @dataProvider unusableSecrets */
    public function testAnUnusableSecretIsRefusedInOneSentenceWithoutShowingIt(?string $text, string $sentence): void
    {
        try {
            WebhookSecret::parse($text);
            self::fail('The secret was taken.');
        } catch (Problem $problem) {
            self::assertStringContainsString($sentence, $problem->getMessage());
            if ($text !== null && strlen($text) > 6) {
                self::assertStringNotContainsString(substr($text, 6), $problem->getMessage());
            }
        }
    }

    /** @return array<string, array{?string, string}> */
    public static function unusableSecrets(): array
    {
        return [
            'what Paymenter could not decrypt' => [null, 'APP_KEY'],
            'an empty one' => ['', 'is empty'],
            'blanks' => ["  \n", 'is empty'],
            'one without its prefix' => ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'begins with whsec_'],
            'one that is no base64' => ['whsec_not base64 at all!!', 'standard base64'],
            'one without its padding' => ['whsec_' . rtrim(base64_encode(str_repeat('k', 25)), '='), 'standard base64'],
            'a short one' => ['whsec_' . base64_encode(str_repeat('k', 23)), 'at least 24 bytes'],
        ];
    }

    public function testBlanksAroundAPastedSecretAreForgiven(): void
    {
        $pasted = WebhookSecret::parse(' ' . self::SECRET . "\n");

        self::assertSame(WebhookSecret::parse(self::SECRET)->authenticate('text'), $pasted->authenticate('text'));
    }

    public function testASecretCanBeNeitherDumpedNorSerialised(): void
    {
        $secret = WebhookSecret::parse('whsec_' . base64_encode(str_repeat('k', 32)));

        ob_start();
        var_dump($secret);
        self::assertStringNotContainsString('kkkk', (string) ob_get_clean());
        self::assertStringNotContainsString('kkkk', print_r($secret, true));
        $this->expectException(\LogicException::class);
        serialize($secret);
    }
}
