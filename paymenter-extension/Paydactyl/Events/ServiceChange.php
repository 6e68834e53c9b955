<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Events;

use Paymenter\Extensions\Servers\Paydactyl\Services\ServiceRecord;
use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;

/**
 * What it means that a service's row changed. Paymenter only says that it did (facts/paymenter.md §c).
 */
final class ServiceChange
{
    /**
     * @param ?string $wasStatus the status that was last known
     * @param list<string> $changed the columns that the change touched
     */
    public static function kind(ServiceRecord $service, ?string $wasStatus, array $changed, int $now): EventKind
    {
        if ($service->status !== $wasStatus) {
            return match (true) {
                $service->status === 'suspended' => EventKind::Suspended,
                $service->status === 'cancelled' && $wasStatus === 'suspended' => EventKind::Terminated,
                $service->status === 'cancelled' => EventKind::Cancelled,
                // With a new date the update says more: it also settles what was unpaid until then.
                $service->status === 'active' && $wasStatus === 'suspended' && !in_array('expires_at', $changed, true)
                    => EventKind::Unsuspended,
                default => EventKind::Updated,
            };
        }
        $isRenewed = $changed === ['expires_at']
            && $service->status === 'active'
            && $service->paidThrough !== null
            && UtcTime::toMilliseconds($service->paidThrough) > $now;

        return $isRenewed ? EventKind::Renewed : EventKind::Updated;
    }

    /**
     * Why a service came to the status that it has; null where the status needs no reason.
     *
     * Paymenter never says why it suspends. Its cron does so only after `expires_at` (recordings 06b and 13); a person
     * may at any time (recording 53).
     */
    public static function reason(ServiceRecord $service, ?string $wasStatus, int $now): ?string
    {
        $isOverdue = $service->paidThrough !== null && UtcTime::toMilliseconds($service->paidThrough) <= $now;

        return match (true) {
            $service->status === 'suspended',
            $service->status === 'cancelled' && $wasStatus === 'suspended' => $isOverdue ? 'overdue' : 'manual',
            $service->status === 'cancelled' && $wasStatus === 'pending' => 'unpaid',
            default => null,
        };
    }
}
