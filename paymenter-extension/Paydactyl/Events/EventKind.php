<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Events;

/** The event types of the webhook contract (DESIGN §5) that this extension sends. */
enum EventKind: string
{
    case Created = 'subscription.created';
    case Updated = 'subscription.updated';
    case Renewed = 'subscription.renewed';
    case Suspended = 'subscription.suspended';
    case Unsuspended = 'subscription.unsuspended';
    case Cancelled = 'subscription.cancelled';
    case Terminated = 'subscription.terminated';
    case CancellationScheduled = 'subscription.cancellation_scheduled';
    case CancellationWithdrawn = 'subscription.cancellation_withdrawn';
    case PaymentSucceeded = 'payment.succeeded';
    case PaymentFailed = 'payment.failed';
    /** The answer to a question of the bridge's: which services a payment was for. */
    case PaymentIdentified = 'payment.identified';
    case CustomerUpdated = 'customer.updated';
    case CustomerDeleted = 'customer.deleted';

    /**
     * Whether the newest event of this kind makes all older ones needless.
     *
     * The bridge lets `status` decide only in created and updated ones, and an end is an end; the others add one fact
     * to what went before.
     */
    public function suffices(): bool
    {
        return match ($this) {
            self::Created, self::Updated, self::Suspended, self::Cancelled, self::Terminated,
            self::PaymentIdentified, self::CustomerUpdated, self::CustomerDeleted => true,
            self::Renewed, self::Unsuspended, self::CancellationScheduled, self::CancellationWithdrawn,
            self::PaymentSucceeded, self::PaymentFailed => false,
        };
    }
}
