<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Events;

/**
 * Which of Paymenter's events are listened to, and what each means to the recorder.
 *
 * Named by strings and read through the few methods that every Eloquent model has, so that recordings of a real
 * Paymenter can be played through this very table. What Paymenter fires and when: facts/paymenter.md §c.
 */
final class PaymenterEvents
{
    private const SERVICE = 'App\Models\Service';
    private const USER = 'App\Models\User';
    /** Set by Eloquent itself at every change. */
    private const NOISE = ['updated_at'];

    /** @var array<int, true> users of ours who are about to be deleted */
    private array $deleting = [];

    /**
     * @param callable(): EventRecorder $recorder asked for only when something happens
     * @param callable(): ?int $currentUser who is signed in
     */
    public function __construct(private $recorder, private $currentUser)
    {
    }

    /** @return array<string, callable(object): void> */
    public function handlers(): array
    {
        return [
            'App\Events\Service\Created' => fn (object $e) => $this->recorder()->serviceCreated(self::id($e->service)),
            'App\Events\Service\Updated' => fn (object $e) => $this->serviceUpdated($e->service),
            'App\Events\Service\Deleted'
                => fn (object $e) => $this->recorder()->serviceDeleted($e->service->getAttributes()),
            'App\Events\ServiceCancellation\Created'
                => fn (object $e) => $this->recorder()->cancellationRequested(self::cancelled($e->cancellation)),
            'App\Events\ServiceCancellation\Updated'
                => fn (object $e) => $this->recorder()->servicePropertiesChanged(self::cancelled($e->cancellation)),
            'App\Events\ServiceCancellation\Deleted'
                => fn (object $e) => $this->recorder()->cancellationWithdrawn(self::cancelled($e->cancellation)),
            'App\Events\Invoice\Paid' => fn (object $e) => $this->recorder()->invoicePaid(self::id($e->invoice)),
            'App\Events\InvoiceTransaction\Created' => fn (object $e) => $this->transaction($e->invoiceTransaction),
            'App\Events\InvoiceTransaction\Updated' => fn (object $e) => $this->transaction($e->invoiceTransaction),
            'App\Events\User\Updated' => fn (object $e) => $this->userUpdated($e->user),
            // Paymenter has no event of its own for this (its UserObserver::deleted is empty); Eloquent has.
            // Before the deletion it can still be seen whose services go with it.
            'eloquent.deleting: App\Models\User' => fn (object $user) => $this->userDeleting(self::id($user)),
            'eloquent.deleted: App\Models\User' => fn (object $user) => $this->userDeleted(self::id($user)),
            'App\Events\Property\Created' => fn (object $e) => $this->property($e->property),
            'App\Events\Property\Updated' => fn (object $e) => $this->property($e->property),
            'App\Events\Property\Deleted' => fn (object $e) => $this->property($e->property),
            // Fired when customers edit their account; it does not say whose (facts/paymenter.md §c), so it is taken
            // for their own.
            'App\Events\Properties\Updated' => fn (object $e) => $this->ownProperties(),
        ];
    }

    private function serviceUpdated(object $service): void
    {
        $changed = array_values(array_diff(array_keys($service->getDirty()), self::NOISE));
        $was = in_array('status', $changed, true) ? $service->getRawOriginal('status') : null;
        $this->recorder()->serviceUpdated(self::id($service), $changed, is_string($was) ? $was : null);
    }

    private function transaction(object $transaction): void
    {
        $status = $transaction->getAttributes()['status'] ?? null;
        $status = $status instanceof \BackedEnum ? $status->value : $status;
        if ($status === 'failed' && array_key_exists('status', $transaction->getDirty())) {
            $this->recorder()->paymentFailed(self::number($transaction, 'invoice_id'));
        }
    }

    private function userUpdated(object $user): void
    {
        if (array_intersect(array_keys($user->getDirty()), ['email', 'first_name', 'last_name']) !== []) {
            $this->recorder()->customerChanged(self::id($user));
        }
    }

    private function userDeleting(int $id): void
    {
        if ($this->recorder()->concerns($id)) {
            $this->deleting[$id] = true;
        }
    }

    private function userDeleted(int $id): void
    {
        if (isset($this->deleting[$id])) {
            unset($this->deleting[$id]);
            $this->recorder()->customerDeleted($id);
        }
    }

    private function property(object $property): void
    {
        $id = self::number($property, 'model_id');
        match ($property->getAttributes()['model_type'] ?? null) {
            self::SERVICE => $this->recorder()->servicePropertiesChanged($id),
            self::USER => $this->recorder()->customerPropertiesChanged($id),
            default => null,
        };
    }

    private function ownProperties(): void
    {
        $user = ($this->currentUser)();
        if ($user !== null) {
            $this->recorder()->customerPropertiesChanged($user);
        }
    }

    private function recorder(): EventRecorder
    {
        return ($this->recorder)();
    }

    /** The service that a cancellation is of. */
    private static function cancelled(object $cancellation): int
    {
        return self::number($cancellation, 'service_id');
    }

    private static function id(object $model): int
    {
        return self::number($model, 'id');
    }

    private static function number(object $model, string $column): int
    {
        return (int) ($model->getAttributes()[$column] ?? 0);
    }
}
