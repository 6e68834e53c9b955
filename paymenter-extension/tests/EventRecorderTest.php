<?php

declare(strict_types=1);

namespace PaydactylTests;

use PaydactylTests\Support\FixedClock;
use PaydactylTests\Support\InterferingDatabase;
use PaydactylTests\Support\Shop;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Settings;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventRecorder;
use Paymenter\Extensions\Servers\Paydactyl\Events\LifecycleCall;
use PHPUnit\Framework\TestCase;

final class EventRecorderTest extends TestCase
{
    private Shop $shop;
    private EventRecorder $recorder;

    protected function setUp(): void
    {
        $this->shop = new Shop(FixedClock::at('2026-11-23T10:40:00Z'));
        $this->recorder = $this->shop->assembly->recorder();
        $this->shop->service();
    }

    public function testWhatIsRolledBackWasNeverSaid(): void
    {
        $this->recorder->serviceCreated(8);
        $revision = $this->shop->told()[0]['revision'];
        $this->shop->forgetTold();

        try {
            $this->shop->database->transaction(function (): void {
                $this->shop->change(8, ['status' => 'suspended']);
                $this->recorder->serviceUpdated(8, ['status'], 'active');
                self::assertSame(['subscription.suspended'], $this->shop->toldKinds());
                throw new \RuntimeException("another extension's listener");
            });
        } catch (\RuntimeException) {
        }

        self::assertSame([], $this->shop->told());
        // And it can be said when it happens after all.
        $this->shop->change(8, ['status' => 'suspended']);
        $this->recorder->serviceUpdated(8, ['status'], 'active');
        self::assertSame([$revision + 1], array_column($this->shop->told(), 'revision'));
    }

    public function testAFailureOfOursLeavesTheTransactionAroundItWhole(): void
    {
        $this->shop->database->execute('DROP TABLE ext_paydactyl_outbox');
        $this->shop->database->transaction(function (): void {
            $this->shop->change(8, ['status' => 'suspended']);
            try {
                $this->recorder->serviceUpdated(8, ['status'], 'active');
                self::fail('There was no outbox to write to.');
            } catch (\PDOException) {
            }
        });

        self::assertSame('suspended', $this->shop->database->select('SELECT status FROM services')[0]['status']);
        self::assertSame([], $this->shop->database->select('SELECT * FROM ext_paydactyl_subjects'));
    }

    public function testARevisionIsTheTimeOrOneMoreThanTheLast(): void
    {
        $start = $this->shop->clock->now();
        $this->recorder->invoicePaid($this->invoice());
        $this->recorder->invoicePaid($this->invoice());
        $this->shop->clock->passSeconds(10);
        $this->recorder->invoicePaid($this->invoice());
        $this->shop->clock->passSeconds(-3600);
        $this->recorder->invoicePaid($this->invoice());

        self::assertSame([$start, $start + 1, $start + 10_000, $start + 10_001], array_column($this->shop->told(), 'revision'));
    }

    public function testAChangeThatTheBridgeNeedNotKnowIsNotSaid(): void
    {
        $this->recorder->serviceCreated(8);
        $this->recorder->takeHasWritten();

        $this->recorder->serviceUpdated(8, ['price'], null);
        $this->recorder->servicePropertiesChanged(8);

        self::assertSame(['subscription.created'], $this->shop->toldKinds());
        self::assertFalse($this->recorder->takeHasWritten());
    }

    public function testOneInvoiceMayPayForSeveralServices(): void
    {
        $this->shop->service(9);
        $this->recorder->invoicePaid($this->invoice(8, 9));

        self::assertSame(['payment.succeeded', 'payment.succeeded'], $this->shop->toldKinds());
        self::assertSame(['8', '9'], array_column($this->shop->told(), 'subscription_id'));
    }

    public function testAFailedAttemptOnAPaidInvoiceIsNoNews(): void
    {
        $invoice = $this->invoice();
        $this->shop->insert('invoices', ['id' => $invoice, 'status' => 'paid']);
        $this->recorder->paymentFailed($invoice);
        self::assertSame([], $this->shop->told());

        $this->shop->insert('invoices', ['id' => $invoice, 'status' => 'pending']);
        $this->recorder->paymentFailed($invoice);
        self::assertSame(['payment.failed'], $this->shop->toldKinds());
    }

    public function testASuspensionKeepsItsReasonWhenTheDatePassesLater(): void
    {
        $this->shop->change(8, ['status' => 'suspended']);
        $this->recorder->serviceUpdated(8, ['status'], 'active');
        $this->shop->clock->now = FixedClock::at('2027-03-01T00:00:00Z')->now();
        $this->recorder->paymentFailed($this->invoice());

        self::assertSame(['manual', 'manual'], array_column($this->shop->told(), 'reason'));
    }

    public function testARenewalMovesThePaidDateAheadAndNothingElse(): void
    {
        $this->recorder->serviceCreated(8);
        $this->shop->forgetTold();

        $this->shop->change(8, ['expires_at' => '2027-01-23 10:40:29']);
        $this->recorder->serviceUpdated(8, ['expires_at'], null);
        $this->shop->change(8, ['expires_at' => '2026-11-01 00:00:00']);
        $this->recorder->serviceUpdated(8, ['expires_at'], null);
        $this->shop->change(8, ['expires_at' => null]);
        $this->recorder->serviceUpdated(8, ['expires_at'], null);

        self::assertSame(['subscription.renewed', 'subscription.updated', 'subscription.updated'], $this->shop->toldKinds());
    }

    public function testAnAdministratorWhoReactivatesWithoutANewDateIsHeard(): void
    {
        $this->shop->change(8, ['status' => 'suspended']);
        $this->recorder->serviceUpdated(8, ['status'], 'active');
        $this->shop->change(8, ['status' => 'active']);
        $this->recorder->serviceUpdated(8, ['status'], 'suspended');

        self::assertSame(['subscription.suspended', 'subscription.unsuspended'], $this->shop->toldKinds());
        self::assertNull($this->shop->told()[1]['reason']);
    }

    public function testAnUpgradeToAProductOfAnotherServerEndsItHere(): void
    {
        $this->recorder->serviceCreated(8);
        $this->shop->insert('products', ['id' => 6, 'name' => 'Other', 'slug' => 'other', 'server_id' => null]);
        $this->shop->change(8, ['product_id' => 6]);
        $this->recorder->serviceUpdated(8, ['product_id'], null);
        $this->recorder->serviceUpdated(8, ['price'], null);
        $this->recorder->serviceUpdated(8, ['product_id'], null);

        $told = $this->shop->told();
        self::assertSame(['subscription.created', 'subscription.cancelled'], array_column($told, 'event'));
        self::assertSame(['cancelled', 'moved'], [$told[1]['status'], $told[1]['reason']]);

        $this->shop->change(8, ['product_id' => 1]);
        $this->recorder->serviceUpdated(8, ['product_id'], null);
        self::assertSame(['subscription.updated', 'active'], [$this->shop->told()[2]['event'], $this->shop->told()[2]['status']]);
    }

    public function testServicesOfOtherServersAreNeverSpokenOf(): void
    {
        $this->shop->insert('products', ['id' => 6, 'name' => 'Other', 'slug' => 'other', 'server_id' => null]);
        $this->shop->insert('users', ['id' => 4, 'first_name' => 'Bo', 'last_name' => 'Other', 'email' => 'bo@example.test']);
        $this->shop->service(9, ['product_id' => 6, 'user_id' => 4]);

        $this->recorder->serviceCreated(9);
        $this->recorder->serviceUpdated(9, ['status'], 'pending');
        $this->recorder->serviceDeleted(['id' => 9, 'status' => 'active', 'product_id' => 6, 'user_id' => 4]);
        $this->recorder->invoicePaid($this->invoice(9));
        $this->recorder->customerChanged(4);

        self::assertSame([], $this->shop->told());
        self::assertFalse($this->recorder->concerns(4));
        self::assertNull($this->recorder->lifecycleCalled(LifecycleCall::Create, 9, again: false));
    }

    public function testACustomerFromBeforeUsConcernsUs(): void
    {
        self::assertTrue($this->recorder->concerns(3));
        $this->recorder->customerChanged(3);

        self::assertSame(['customer.updated'], $this->shop->toldKinds());
    }

    public function testACancellationCanBeWithdrawn(): void
    {
        $this->shop->insert('service_cancellations', ['id' => 3, 'service_id' => 8, 'type' => 'end_of_period']);
        $this->recorder->cancellationRequested(8);
        $this->shop->database->execute('DELETE FROM service_cancellations');
        $this->recorder->cancellationWithdrawn(8);

        self::assertSame(
            ['subscription.cancellation_scheduled', 'subscription.cancellation_withdrawn'],
            $this->shop->toldKinds()
        );
        self::assertSame(['2026-12-23T10:40:29Z', null], array_column($this->shop->told(), 'ends_at'));
    }

    public function testACustomersNewNameInTheGameIsToldForAllTheirServices(): void
    {
        $this->shop->service(9);
        $this->recorder->serviceCreated(8);
        $this->recorder->serviceCreated(9);
        $this->shop->forgetTold();
        $this->shop->insert('properties', [
            'key' => 'minecraft_username', 'value' => 'New_Name', 'model_id' => 3, 'model_type' => 'App\Models\User',
        ]);

        $this->recorder->customerPropertiesChanged(3);

        self::assertSame(['8', '9'], array_column($this->shop->told(), 'subscription_id'));
        self::assertSame('New_Name', $this->shop->told()[1]['properties']['minecraft_username']);
    }

    public function testADeletedCustomerIsNamedByTheirIdAlone(): void
    {
        $this->recorder->serviceCreated(8);
        $this->shop->forgetTold();
        $this->shop->database->execute('DELETE FROM users');

        $this->recorder->customerDeleted(3);

        $told = $this->shop->told()[0];
        self::assertSame(
            ['event', 'customer_id', 'occurred_at', 'revision'],
            array_keys($told)
        );
        self::assertSame(['customer.deleted', '3'], [$told['event'], $told['customer_id']]);
    }

    /** A suspend job that runs after the customer has paid must not take away what they paid for. */
    public function testAJobThatComesTooLateTellsWhatTheRowSays(): void
    {
        $this->recorder->serviceCreated(8);
        $this->recorder->lifecycleCalled(LifecycleCall::Suspend, 8, again: false);
        self::assertSame(['subscription.created'], $this->shop->toldKinds());

        $this->recorder->lifecycleCalled(LifecycleCall::Terminate, 8, again: true);
        self::assertSame(['subscription.created', 'subscription.updated'], $this->shop->toldKinds());
        self::assertSame(['active', 'active'], array_column($this->shop->told(), 'status'));
    }

    /** Two processes speak of one service: who waits for the other must not tell what it read before. */
    public function testWhatAnotherProcessChangedMeanwhileIsToldAsItIsNow(): void
    {
        $this->recorder->serviceCreated(8);
        $this->shop->forgetTold();
        $database = new InterferingDatabase($this->shop->database, function (): void {
            $this->shop->change(8, ['status' => 'cancelled']);
            $this->recorder->serviceUpdated(8, ['status'], 'active');
        });
        $settings = new Settings(['bridge_url' => 'https://bridge.test', 'secret' => Shop::SECRET]);
        $slow = (new Assembly($database, $settings, new \DateTimeZone('UTC'), $this->shop->clock))->recorder();

        $slow->invoicePaid($this->invoice());

        $told = $this->shop->told();
        self::assertSame(['subscription.cancelled', 'subscription.updated'], array_column($told, 'event'));
        self::assertSame(['cancelled', 'cancelled'], array_column($told, 'status'));
    }

    public function testACallForWhatWasNeverSaidSaysIt(): void
    {
        $this->recorder->lifecycleCalled(LifecycleCall::Create, 8, again: false);

        self::assertSame(['subscription.created'], $this->shop->toldKinds());
    }

    private function invoice(int ...$services): int
    {
        static $id = 100;
        $id++;
        foreach ($services ?: [8] as $service) {
            $this->shop->insert('invoice_items', [
                'invoice_id' => $id, 'reference_id' => $service, 'reference_type' => 'App\Models\Service',
            ]);
        }

        return $id;
    }
}
