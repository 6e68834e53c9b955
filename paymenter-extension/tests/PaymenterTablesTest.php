<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\FixedClock;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Services\PaymenterTables;
use PHPUnit\Framework\TestCase;

final class PaymenterTablesTest extends TestCase
{
    private Shop $shop;
    private PaymenterTables $tables;

    protected function setUp(): void
    {
        $this->shop = new Shop();
        $this->tables = new PaymenterTables($this->shop->database, new \DateTimeZone('UTC'), 'minecraft_username');
    }

    public function testAServiceIsReadWithProductTierCustomerPropertiesAndOptions(): void
    {
        $this->shop->service(8, ['quantity' => 3]);
        $this->shop->insert('settings', [
            'key' => 'tier', 'value' => 'elemental', 'settingable_id' => 1, 'settingable_type' => 'App\Models\Product',
        ]);
        $this->property('App\Models\Service', 8, 'minecraft_username', ' Ada_Lovelace ');
        $this->shop->insert('config_options', ['id' => 1, 'name' => 'Extra RAM', 'env_variable' => 'extra_ram']);
        $this->shop->insert('config_options', ['id' => 2, 'name' => '+1 GiB', 'env_variable' => '1024']);
        $this->shop->insert('service_configs', [
            'configurable_id' => 8, 'configurable_type' => 'App\Models\Service', 'config_option_id' => 1, 'config_value_id' => 2,
        ]);

        $service = $this->tables->service(8);

        self::assertNotNull($service);
        self::assertSame(['8', 'active', 3], [$service->id, $service->status, $service->quantity]);
        self::assertSame(['3', 'ada@example.test', 'Ada Lovelace'], [
            $service->customerId, $service->customerEmail, $service->customerName,
        ]);
        self::assertSame(['fire-elemental', 'elemental'], [$service->product, $service->tier]);
        self::assertSame('2026-12-23T10:40:29Z', $service->paidThrough);
        self::assertSame(['extra_ram' => '1024', 'minecraft_username' => 'Ada_Lovelace'], $service->properties);
        self::assertTrue($service->isOurs);
    }

    public function testAProductWithoutASlugIsCalledByItsId(): void
    {
        $this->shop->insert('products', ['id' => 1, 'name' => 'Fire Elemental', 'slug' => '', 'server_id' => 2]);
        $this->shop->service();

        self::assertSame('1', $this->tables->service(8)?->product);
    }

    public function testOfTheAccountOnlyThePlayersNameIsReadAndOnlyWhereTheServiceHasNone(): void
    {
        $this->shop->service(8);
        $this->shop->service(9);
        $this->property('App\Models\User', 3, 'minecraft_username', 'From_Account');
        $this->property('App\Models\User', 3, 'address', 'Somewhere 1');
        $this->property('App\Models\Service', 9, 'minecraft_username', 'From_Checkout');

        self::assertSame(['minecraft_username' => 'From_Account'], $this->tables->service(8)?->properties);
        self::assertSame(['minecraft_username' => 'From_Checkout'], $this->tables->service(9)?->properties);
    }

    public function testABedrockNameIsToldAsServersKnowIt(): void
    {
        $this->shop->service();
        $this->property('App\Models\Service', 8, 'minecraft_username', 'Ada Of Bedrock');
        $this->property('App\Models\Service', 8, 'minecraft_edition', 'bedrock');

        self::assertSame('Ada_Of_Bedrock', $this->tables->service(8)?->properties['minecraft_username']);
    }

    public function testProductsOfOtherServersAreNotOurs(): void
    {
        $this->shop->insert('extensions', ['id' => 5, 'name' => 'P', 'extension' => 'Pterodactyl', 'type' => 'server']);
        $this->shop->insert('products', ['id' => 6, 'name' => 'Server', 'slug' => 'server', 'server_id' => 5]);
        $this->shop->insert('products', ['id' => 7, 'name' => 'Nothing', 'slug' => 'nothing', 'server_id' => null]);
        $this->shop->service(8, ['product_id' => 6]);
        $this->shop->service(9, ['product_id' => 7]);
        $this->shop->service(10, ['product_id' => null]);

        foreach ([8, 9, 10] as $id) {
            self::assertFalse($this->tables->service($id)?->isOurs);
        }
        self::assertSame([], $this->tables->servicesAfter(0, 10, $this->shop->clock->now()));
    }

    public function testADeletedServerSellsNothing(): void
    {
        $this->shop->insert('extensions', [
            'id' => 2, 'name' => 'Paydactyl', 'extension' => 'Paydactyl', 'type' => 'server', 'deleted_at' => '2026-01-01 00:00:00',
        ]);
        $this->shop->service();

        self::assertFalse($this->tables->service(8)?->isOurs);
    }

    public function testAnInvoicesUpgradesPayForNoPeriod(): void
    {
        foreach ([[8, 'App\Models\Service'], [4, 'App\Models\ServiceUpgrade'], [9, 'App\Models\Service']] as [$id, $type]) {
            $this->shop->insert('invoice_items', ['invoice_id' => 12, 'reference_id' => $id, 'reference_type' => $type]);
        }

        self::assertSame([8, 9], $this->tables->servicesOnInvoice(12));
    }

    public function testTheListHoldsWhatLivesAndWhatEndedLately(): void
    {
        $this->shop->service(8);
        $this->shop->service(9, ['status' => 'cancelled', 'updated_at' => '2026-11-20 00:00:00']);
        $this->shop->service(10, ['status' => 'cancelled', 'updated_at' => '2026-01-01 00:00:00']);
        $this->shop->service(11, ['status' => 'suspended', 'updated_at' => '2026-01-01 00:00:00']);
        $now = FixedClock::at('2026-11-23T12:00:00Z')->now();

        $ids = static fn (array $services) => array_map(static fn ($service) => $service->id, $services);
        self::assertSame(['8', '9', '11'], $ids($this->tables->servicesAfter(0, 10, $now)));
        self::assertSame(['9'], $ids($this->tables->servicesAfter(8, 1, $now)));
    }

    private function property(string $type, int $id, string $key, string $value): void
    {
        $this->shop->insert('properties', ['key' => $key, 'value' => $value, 'model_id' => $id, 'model_type' => $type]);
    }
}
