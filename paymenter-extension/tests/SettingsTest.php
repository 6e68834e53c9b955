<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\ScriptedTransport;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Core\Status;
use PHPUnit\Framework\TestCase;

final class SettingsTest extends TestCase
{
    public function testEverySecretIsAskedForAsOneAndStoredEncrypted(): void
    {
        self::assertSame(['secret', 'previous_secret'], Settings::secretFields());
        foreach (Settings::fields() as $field) {
            self::assertSame(
                in_array($field['name'], Settings::secretFields(), true),
                $field['type'] === 'password',
                $field['name']
            );
        }
    }

    public function testTheSecondSecretIsNamedWhenItIsWrong(): void
    {
        $this->expectException(Problem::class);
        $this->expectExceptionMessage('The second webhook secret cannot be used.');
        (new Settings(['secret' => Shop::SECRET, 'previous_secret' => 'whsec_short']))->signer();
    }

    public function testAnEmptySecondSecretIsNone(): void
    {
        $signer = (new Settings(['secret' => Shop::SECRET, 'previous_secret' => '']))->signer();

        self::assertStringNotContainsString(' ', $signer->headers('msg_1', 1, '{}')['webhook-signature']);
    }

    public function testTimesAreHeldWithinReason(): void
    {
        self::assertSame([2000, 5000], $this->times([]));
        self::assertSame([2000, 5000], $this->times(['connect_timeout' => '0', 'request_timeout' => 'soon']));
        self::assertSame([5000, 30_000], $this->times(['connect_timeout' => '900', 'request_timeout' => '900']));
        self::assertSame([1000, 3000], $this->times(['connect_timeout' => '1', 'request_timeout' => 3]));
    }

    public function testOnlyWebAddressesBecomeLinks(): void
    {
        self::assertSame('https://panel.example.com', (new Settings(['panel_url' => 'https://panel.example.com/']))->panelUrl());
        foreach (['javascript:alert(1)', 'https://x"onclick="', '', null, ['https://a'], "https://a\nb"] as $value) {
            self::assertNull((new Settings(['panel_url' => $value]))->panelUrl());
        }
    }

    public function testAStatusIsGoodOnlyWhereNobodyHasSomethingToDo(): void
    {
        $shop = new Shop(transport: new ScriptedTransport(ScriptedTransport::problem(401), ScriptedTransport::accepted()));
        $shop->service();
        $status = new Status($shop->assembly);
        self::assertTrue($status->view()['ok']);

        $shop->assembly->recorder()->serviceCreated(8);
        $shop->assembly->courier()->run(1000);
        $view = $status->view();
        self::assertFalse($view['ok']);
        self::assertSame(1, $view['waiting']);
        self::assertStringContainsString('webhook secret', $view['problems'][0]);

        $shop->clock->passSeconds(60);
        $shop->assembly->courier()->run(1000);
        $view = $status->view();
        self::assertTrue($view['ok']);
        self::assertSame([0, 0, '2026-11-23T10:41:00.000Z'], [
            $view['waiting'], $view['oldest_waiting_seconds'], $view['last_acknowledged_at'],
        ]);
    }

    public function testDeliveriesThatNobodyFetchesAreNoticed(): void
    {
        $shop = new Shop();
        $shop->service();
        $shop->assembly->recorder()->serviceCreated(8);
        $shop->clock->passSeconds(901);

        $view = (new Status($shop->assembly))->view();

        self::assertFalse($view['ok']);
        self::assertStringContainsString('queue worker', $view['problems'][0]);
    }

    public function testAStatusNamesWhatIsNotConfigured(): void
    {
        $view = (new Status((new Shop(settings: ['bridge_url' => '']))->assembly))->view();

        self::assertFalse($view['ok']);
        self::assertStringContainsString('The bridge URL is empty', $view['problems'][0]);
    }

    /**
     * @param array<string, mixed> $values
     * @return array{int, int}
     */
    private function times(array $values): array
    {
        $settings = new Settings($values);

        return [$settings->connectMilliseconds(), $settings->requestMilliseconds()];
    }
}
