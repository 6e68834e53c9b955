<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

use Paymenter\Extensions\Servers\Paydactyl\Core\Clock;

/** A clock that stands until it is moved. */
final class FixedClock implements Clock
{
    public function __construct(public int $now = 1_795_430_400_000)
    {
    }

    public static function at(string $moment): self
    {
        return new self((new \DateTimeImmutable($moment))->getTimestamp() * 1000);
    }

    public function now(): int
    {
        return $this->now;
    }

    public function passSeconds(int $seconds): void
    {
        $this->now += $seconds * 1000;
    }
}
