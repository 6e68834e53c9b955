<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Queue\InteractsWithQueue;

/**
 * Delivers what waits, a moment after the transaction that wrote it.
 *
 * It never fails: what it cannot deliver stays in the outbox, and the minute sweep tries again. While the bridge is away the gate makes it
 * return at once, so that Paymenter's only worker is not held up.
 */
class FlushOutbox implements ShouldQueue
{
    use Dispatchable;
    use InteractsWithQueue;
    use Queueable;

    public int $tries = 1;
    public int $timeout = 60;

    private const MILLISECONDS = 20_000;

    public function handle(): void
    {
        try {
            Paymenter::storedAssembly()?->courier()->run(self::MILLISECONDS);
        } catch (\Throwable $failure) {
            Paymenter::report($failure, 'The outbox could not be delivered; the minute sweep tries again.');
        }
    }
}
