<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\FullList;

/** What became of one generation of the full list. */
final class FullListResult
{
    public function __construct(
        public readonly string $generation,
        public readonly int $pages,
        public readonly int $acknowledgedPages,
        public readonly int $services,
        /** Why it stopped; null if the bridge has all of it. */
        public readonly ?string $problem,
    ) {
    }
}
