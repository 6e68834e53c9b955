<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\RecordedModel;
use PaydactylTests\Support\Shop;
use PaydactylTests\Support\TransactionStatus;
use Paymenter\Extensions\Servers\Paydactyl\Events\PaymenterEvents;
use PHPUnit\Framework\TestCase;

/** What the recordings cannot show, since it did not happen in them. */
final class PaymenterEventsTest extends TestCase
{
    private Shop $shop;
    private ?int $currentUser = null;
    /** @var array<string, callable(object): void> */
    private array $handlers;

    protected function setUp(): void
    {
        $this->shop = new Shop();
        $this->shop->service();
        $this->shop->insert('invoice_items', [
            'invoice_id' => 12, 'reference_id' => 8, 'reference_type' => 'App\Models\Service',
        ]);
        $recorder = $this->shop->assembly->recorder();
        $recorder->serviceCreated(8);
        $this->shop->forgetTold();
        $this->handlers = (new PaymenterEvents(static fn () => $recorder, fn () => $this->currentUser))->handlers();
    }

    public function testARenewalIsOneThoughEloquentTouchesTheTimestamp(): void
    {
        $this->shop->change(8, ['expires_at' => '2027-01-23 10:40:29']);
        $dirty = ['expires_at' => '2027-01-23 10:40:29', 'updated_at' => '2026-11-23 10:41:00'];
        $this->fire('Service\Updated', 'service', new RecordedModel(['id' => 8], $dirty));

        self::assertSame(['subscription.renewed'], $this->shop->toldKinds());
    }

    public function testOnlyTheFailureItselfIsAFailedPayment(): void
    {
        $failed = ['id' => 1, 'invoice_id' => 12, 'status' => 'failed'];
        $this->fire('InvoiceTransaction\Updated', 'invoiceTransaction', new RecordedModel($failed, ['fee' => '0.30']));
        self::assertSame([], $this->shop->told());

        $this->fire('InvoiceTransaction\Updated', 'invoiceTransaction', new RecordedModel($failed, ['status' => 'failed']));
        self::assertSame(['payment.failed'], $this->shop->toldKinds());
    }

    public function testAFailureIsKnownWhetherTheStatusIsAWordOrAnEnum(): void
    {
        $attributes = ['id' => 1, 'invoice_id' => 12, 'status' => TransactionStatus::Failed];
        $this->fire('InvoiceTransaction\Created', 'invoiceTransaction', new RecordedModel($attributes, $attributes));

        self::assertSame(['payment.failed'], $this->shop->toldKinds());
    }

    public function testAFailedUpgradeIsNoFailedRenewal(): void
    {
        $this->shop->insert('invoice_items', [
            'invoice_id' => 13, 'reference_id' => 4, 'reference_type' => 'App\Models\ServiceUpgrade',
        ]);
        $attributes = ['id' => 1, 'invoice_id' => 13, 'status' => 'failed'];
        $this->fire('InvoiceTransaction\Created', 'invoiceTransaction', new RecordedModel($attributes, $attributes));

        self::assertSame([], $this->shop->told());
    }

    public function testAPaymentWithCreditIsAPayment(): void
    {
        $this->fire('Invoice\Paid', 'invoice', new RecordedModel(['id' => 12]));

        self::assertSame(['payment.succeeded'], $this->shop->toldKinds());
    }

    public function testAnAdministratorsEditOfAPropertyIsHeard(): void
    {
        $this->shop->insert('properties', [
            'key' => 'minecraft_username', 'value' => 'New_Name', 'model_id' => 8, 'model_type' => 'App\Models\Service',
        ]);
        foreach (['Created', 'Updated', 'Deleted'] as $name) {
            $property = new RecordedModel(['model_id' => 8, 'model_type' => 'App\Models\Service']);
            $this->fire("Property\\{$name}", 'property', $property);
        }
        $this->fire('Property\Updated', 'property', new RecordedModel(['model_id' => 8, 'model_type' => 'App\Models\Ticket']));

        self::assertSame(['subscription.updated'], $this->shop->toldKinds());
        self::assertSame('New_Name', $this->shop->told()[0]['properties']['minecraft_username']);
    }

    public function testACancellationThatIsEditedIsHeard(): void
    {
        $this->shop->insert('service_cancellations', ['id' => 3, 'service_id' => 8, 'type' => 'end_of_period']);
        $this->fire('ServiceCancellation\Updated', 'cancellation', new RecordedModel(['id' => 3, 'service_id' => 8]));

        self::assertSame(['2026-12-23T10:40:29Z'], array_column($this->shop->told(), 'ends_at'));
    }

    public function testADeletedUserOfAnotherShopIsNotSpokenOf(): void
    {
        $this->shop->insert('users', ['id' => 4, 'first_name' => 'Bo', 'last_name' => 'Other', 'email' => 'bo@example.test']);
        foreach ([4, 3] as $id) {
            $this->handlers['eloquent.deleting: App\Models\User'](new RecordedModel(['id' => $id]));
            $this->handlers['eloquent.deleted: App\Models\User'](new RecordedModel(['id' => $id]));
        }

        self::assertSame(['customer.deleted'], $this->shop->toldKinds());
        self::assertSame('3', $this->shop->told()[0]['customer_id']);
    }

    public function testWithNobodySignedInNobodysAccountIsMeant(): void
    {
        $this->shop->insert('properties', [
            'key' => 'minecraft_username', 'value' => 'New_Name', 'model_id' => 3, 'model_type' => 'App\Models\User',
        ]);
        $handler = $this->handlers['App\Events\Properties\Updated'];
        $handler(new \stdClass());
        self::assertSame([], $this->shop->told());

        $this->currentUser = 3;
        $handler(new \stdClass());
        self::assertCount(1, $this->shop->told());
    }

    private function fire(string $event, string $name, RecordedModel $model): void
    {
        $this->handlers["App\\Events\\{$event}"]((object) [$name => $model]);
    }
}
