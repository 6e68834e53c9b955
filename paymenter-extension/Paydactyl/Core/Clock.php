<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

/** Where the time comes from, so that tests can hold it. */
interface Clock
{
    /** Unix milliseconds. */
    public function now(): int;
}
