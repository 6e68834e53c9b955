<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

final class SystemClock implements Clock
{
    public function now(): int
    {
        return (int) floor(microtime(true) * 1000);
    }
}
