<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Bus\Dispatcher;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Support\Facades\DB;

/**
 * Delivers what waits, a moment after the transaction that wrote it.
 *
 * It never fails: what it cannot deliver stays in the outbox, and the minute sweep tries again. While the bridge is
 * away the gate makes it return at once, so that Paymenter's only worker is not held up.
 */
class FlushOutbox implements ShouldQueue
{
    use InteractsWithQueue;
    use Queueable;

    public int $tries = 1;
    public int $timeout = 60;

    private const MILLISECONDS = 20_000;

    /**
     * Queues one once the open transaction is committed, at once where there is none, never where it is rolled back.
     *
     * A queue that cannot be reached would else throw in the middle of Paymenter's commit.
     */
    public static function queueAfterCommit(): void
    {
        DB::afterCommit(static function (): void {
            try {
                app(Dispatcher::class)->dispatch(new self());
            } catch (\Throwable $failure) {
                Paymenter::report($failure, 'The delivery could not be queued; the minute sweep does it.');
            }
        });
    }

    public function handle(): void
    {
        try {
            Paymenter::storedAssembly()?->courier()->run(self::MILLISECONDS);
        } catch (\Throwable $failure) {
            Paymenter::report($failure, 'The outbox could not be delivered; the minute sweep tries again.');
        }
    }
}
