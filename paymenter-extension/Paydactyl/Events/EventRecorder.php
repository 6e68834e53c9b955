<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Events;

use Paymenter\Extensions\Servers\Paydactyl\Core\Clock;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Database;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Outbox;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Said;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Subjects;
use Paymenter\Extensions\Servers\Paydactyl\Services\PaymenterTables;
use Paymenter\Extensions\Servers\Paydactyl\Services\ServiceRecord;
use Paymenter\Extensions\Servers\Paydactyl\Services\Snapshot;
use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;

/**
 * Turns what happens in Paymenter into rows of the outbox.
 *
 * Every method writes its rows in the transaction that is open, or in one of its own, and sends nothing. Each event
 * carries the whole service as it is in the database at this moment. An update that would say what was said last is not
 * written.
 */
final class EventRecorder
{
    private const CLOCK_MILLISECONDS = 300_000;

    private bool $hasWritten = false;

    public function __construct(
        private readonly Database $database,
        private readonly PaymenterTables $tables,
        private readonly Subjects $subjects,
        private readonly Outbox $outbox,
        private readonly Clock $clock,
    ) {
    }

    /** Whether anything was written since this was last asked. */
    public function takeHasWritten(): bool
    {
        $hasWritten = $this->hasWritten;
        $this->hasWritten = false;

        return $hasWritten;
    }

    public function serviceCreated(int $id): void
    {
        $this->aboutOurs($id, fn (ServiceRecord $service) => $this->say(EventKind::Created, $service));
    }

    /**
     * @param list<string> $changed the columns that changed
     * @param ?string $wasStatus the status before, where the change touched it
     */
    public function serviceUpdated(int $id, array $changed, ?string $wasStatus): void
    {
        $service = $this->tables->service($id);
        if ($service === null) {
            return;
        }
        if (!$service->isOurs) {
            $this->serviceMovedAway($service, $changed);

            return;
        }
        $before = $wasStatus ?? $this->subjects->find($service->subject())?->status ?? $service->status;
        $kind = ServiceChange::kind($service, $before, $changed, $this->clock->now());
        $this->say($kind, $service, $before, onlyIfNew: $kind === EventKind::Updated);
    }

    /** @param array<string, mixed> $columns what the model still holds of the row */
    public function serviceDeleted(array $columns): void
    {
        $service = $this->tables->deletedService($columns);
        if ($service !== null && ($service->isOurs || $this->subjects->find($service->subject()) !== null)) {
            $this->say(EventKind::Terminated, $service->withStatus('cancelled'), reason: 'deleted');
        }
    }

    /**
     * A cancellation at once says nothing yet: Paymenter cancels the service itself a moment later (recordings 21 and
     * 65).
     */
    public function cancellationRequested(int $serviceId): void
    {
        $this->aboutOurs($serviceId, function (ServiceRecord $service): void {
            if ($service->isCancelledAtPeriodEnd) {
                $this->say(EventKind::CancellationScheduled, $service);
            }
        });
    }

    public function cancellationWithdrawn(int $serviceId): void
    {
        $this->aboutOurs($serviceId, function (ServiceRecord $service): void {
            if (!$service->isCancelledAtPeriodEnd) {
                $this->say(EventKind::CancellationWithdrawn, $service);
            }
        });
    }

    /** One invoice may pay for several services. */
    public function invoicePaid(int $invoiceId): void
    {
        $this->aboutInvoice($invoiceId, EventKind::PaymentSucceeded);
    }

    /** A failed attempt on an invoice that was paid otherwise is no news. */
    public function paymentFailed(int $invoiceId): void
    {
        if (!$this->tables->invoiceIsPaid($invoiceId)) {
            $this->aboutInvoice($invoiceId, EventKind::PaymentFailed);
        }
    }

    public function customerChanged(int $userId): void
    {
        $customer = $this->tables->customer($userId);
        if ($customer !== null && $this->concerns($userId)) {
            $this->sayOfCustomer(EventKind::CustomerUpdated, $userId, [
                'customer_email' => $customer['email'],
                'customer_name' => $customer['name'],
            ]);
        }
    }

    /** Whether a customer has or had services of ours. */
    public function concerns(int $userId): bool
    {
        if ($this->subjects->knowsCustomer((string) $userId)) {
            return true;
        }
        foreach ($this->tables->servicesOfUser($userId) as $id) {
            if ($this->tables->service($id)?->isOurs === true) {
                return true;
            }
        }

        return false;
    }

    /**
     * The database removes a deleted user's services without a word (recording 59), so this is all that is ever heard
     * of it. To be called only for customers who concerned us, as nobody can look that up any more.
     */
    public function customerDeleted(int $userId): void
    {
        $this->sayOfCustomer(EventKind::CustomerDeleted, $userId, []);
    }

    public function servicePropertiesChanged(int $serviceId): void
    {
        $this->aboutOurs(
            $serviceId,
            fn (ServiceRecord $service) => $this->say(EventKind::Updated, $service, onlyIfNew: true)
        );
    }

    /**
     * Tells a service as it stands because the bridge asks for it; false where it was told since, or is none of ours.
     *
     * Revisions are milliseconds of our clock, and the bridge takes nothing whose clock is more than five minutes off:
     * what was said later than that after the question has answered it.
     */
    public function tellAnew(int $serviceId, int $askedAt): bool
    {
        $said = $this->subjects->find("service:{$serviceId}");
        if ($said !== null && $said->revision > $askedAt + self::CLOCK_MILLISECONDS) {
            return false;
        }
        $service = $this->tables->service($serviceId);
        if ($service === null || !$service->isOurs) {
            return false;
        }
        $this->say(EventKind::Updated, $service);

        return true;
    }

    /**
     * Tells which services payments were for, as Paymenter's own database knows and nobody else (its API shows no
     * transactions). A payment that is not in it is told as such, so that a person hears of it.
     *
     * @param list<string> $payments the payment provider's names
     * @return int of how many it was told; an answer that still waits is not written twice
     */
    public function identifyPayments(array $payments): int
    {
        $asked = array_values(array_filter(
            $payments,
            fn (string $payment) => !$this->outbox->waits(self::paymentSubject($payment))
        ));
        $services = $this->tables->servicesPaidBy($asked);
        foreach ($asked as $payment) {
            $now = $this->clock->now();
            $this->write(EventKind::PaymentIdentified, self::paymentSubject($payment), [
                'payment_id' => $payment,
                'subscriptions' => isset($services[$payment])
                    ? array_map(static fn (int $id) => ['subscription_id' => (string) $id], $services[$payment])
                    : null,
            ], $now, $now);
        }

        return count($asked);
    }

    public function customerPropertiesChanged(int $userId): void
    {
        foreach ($this->tables->servicesOfUser($userId) as $id) {
            $this->servicePropertiesChanged($id);
        }
    }

    /**
     * One of Paymenter's five lifecycle calls.
     *
     * The row decides, not the call: a job of Paymenter's may run long after the status changed again
     * (facts/paymenter.md §b). What the row says was mostly told by the change itself; `again` tells it once more, for
     * a person who asks for it.
     *
     * @return ?ServiceRecord null where the service does not exist or is not sold through this extension
     */
    public function lifecycleCalled(LifecycleCall $call, int $serviceId, bool $again): ?ServiceRecord
    {
        $service = $this->tables->service($serviceId);
        if ($service === null || !$service->isOurs) {
            return null;
        }
        $agrees = $service->status === $call->expectedStatus();
        $this->say($agrees ? $call->kind() : EventKind::Updated, $service, onlyIfNew: !$again);

        return $service;
    }

    /**
     * A service whose product is no longer sold through this extension: an upgrade to a product of another one tells
     * only that one.
     *
     * @param list<string> $changed
     */
    private function serviceMovedAway(ServiceRecord $service, array $changed): void
    {
        $said = $this->subjects->find($service->subject());
        if ($said !== null && in_array('product_id', $changed, true) && $said->status !== 'cancelled') {
            $this->say(EventKind::Cancelled, $service->withStatus('cancelled'), reason: 'moved');
        }
    }

    /** @param callable(ServiceRecord): void $say */
    private function aboutOurs(int $serviceId, callable $say): void
    {
        $service = $this->tables->service($serviceId);
        if ($service !== null && $service->isOurs) {
            $say($service);
        }
    }

    private function aboutInvoice(int $invoiceId, EventKind $kind): void
    {
        foreach ($this->tables->servicesOnInvoice($invoiceId) as $id) {
            $this->aboutOurs($id, fn (ServiceRecord $service) => $this->say($kind, $service));
        }
    }

    /** @param ?string $reason of a service that is told otherwise than its row stands, which is then taken as given */
    private function say(
        EventKind $kind,
        ServiceRecord $service,
        ?string $wasStatus = null,
        bool $onlyIfNew = false,
        ?string $reason = null,
    ): void {
        $this->database->transaction(function () use ($kind, $service, $wasStatus, $onlyIfNew, $reason): void {
            $now = $this->clock->now();
            $said = $this->subjects->advance($service->subject(), $service->customerId, $now);
            if ($reason === null) {
                [$kind, $service] = $this->current($kind, $service);
                $reason = $this->reason($service, $said, $wasStatus, $now);
            }
            $fields = Snapshot::fields($service, $reason);
            $digest = Snapshot::digest($fields);
            if ($onlyIfNew && $digest === $said->digest) {
                return;
            }
            $this->subjects->remember($service->subject(), $service->customerId, $digest, $service->status, $reason);
            $this->write($kind, $service->subject(), $fields, $said->revision, $now);
        });
    }

    /**
     * The service as it stands now that nobody else can speak of it. While we waited for that, another process may have
     * changed it; telling what was read before would say something old under a new revision.
     *
     * @return array{EventKind, ServiceRecord}
     */
    private function current(EventKind $kind, ServiceRecord $service): array
    {
        $current = $this->tables->service((int) $service->id);
        if ($current === null || !$current->isOurs) {
            return [$kind, $service];
        }

        return [$current->status === $service->status ? $kind : EventKind::Updated, $current];
    }

    /** The reason is that of the moment at which the status was taken on; later events of the same status repeat it. */
    private function reason(ServiceRecord $service, Said $said, ?string $wasStatus, int $now): ?string
    {
        if ($said->digest !== null && $said->status === $service->status) {
            return $said->reason;
        }

        return ServiceChange::reason($service, $wasStatus ?? $said->status, $now);
    }

    /** @param array<string, mixed> $fields */
    private function sayOfCustomer(EventKind $kind, int $userId, array $fields): void
    {
        $this->database->transaction(function () use ($kind, $userId, $fields): void {
            $now = $this->clock->now();
            $subject = "customer:{$userId}";
            $fields = ['customer_id' => (string) $userId] + $fields;
            $digest = Snapshot::digest($fields);
            $said = $this->subjects->advance($subject, (string) $userId, $now);
            if ($digest === $said->digest) {
                return;
            }
            $this->subjects->remember($subject, (string) $userId, $digest, null, null);
            $this->write($kind, $subject, $fields, $said->revision, $now);
        });
    }

    private static function paymentSubject(string $payment): string
    {
        return "payment:{$payment}";
    }

    /** @param array<string, mixed> $fields */
    private function write(EventKind $kind, string $subject, array $fields, int $revision, int $now): void
    {
        $body = ['event' => $kind->value] + $fields + [
            'occurred_at' => UtcTime::ofMilliseconds($now),
            'revision' => $revision,
        ];
        $this->outbox->add(Outbox::newId(), $subject, $kind, $revision, Snapshot::json($body), $now);
        $this->hasWritten = true;
    }
}
