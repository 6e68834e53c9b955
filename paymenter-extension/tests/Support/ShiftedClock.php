<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

use Paymenter\Extensions\Servers\Paydactyl\Core\Clock;
use Paymenter\Extensions\Servers\Paydactyl\Core\SystemClock;

/** The machine's clock, so many seconds ahead: for a bridge under test whose clock was set forward. */
final class ShiftedClock implements Clock
{
    public function __construct(private readonly int $seconds)
    {
    }

    public function now(): int
    {
        return (new SystemClock())->now() + 1000 * $this->seconds;
    }
}
