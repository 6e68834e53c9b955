<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Events;

/** The five calls that Paymenter makes of a server extension; it makes no others (facts/paymenter.md §0.2). */
enum LifecycleCall: string
{
    case Create = 'create';
    case Suspend = 'suspend';
    case Unsuspend = 'unsuspend';
    case Terminate = 'terminate';
    case Upgrade = 'upgrade';

    /** Paymenter sets the status before it makes the call. */
    public function expectedStatus(): string
    {
        return match ($this) {
            self::Create, self::Unsuspend, self::Upgrade => 'active',
            self::Suspend => 'suspended',
            self::Terminate => 'cancelled',
        };
    }

    public function kind(): EventKind
    {
        return match ($this) {
            self::Create => EventKind::Created,
            self::Suspend => EventKind::Suspended,
            self::Unsuspend => EventKind::Unsuspended,
            self::Terminate => EventKind::Terminated,
            self::Upgrade => EventKind::Updated,
        };
    }
}
