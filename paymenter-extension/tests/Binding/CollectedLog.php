<?php

declare(strict_types=1);

namespace PaydactylTests\Binding;

use Psr\Log\AbstractLogger;

/** A log that can be read. */
final class CollectedLog extends AbstractLogger
{
    /** @var list<string> */
    public array $lines = [];

    public function log($level, $message, array $context = []): void
    {
        $this->lines[] = "{$level}: {$message}";
    }
}
