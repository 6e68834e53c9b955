<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Event;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventRecorder;
use Paymenter\Extensions\Servers\Paydactyl\Events\PaymenterEvents;

/**
 * Hears Paymenter's events.
 *
 * An exception from a listener undoes a customer's payment or the whole night's cron (facts/paymenter.md §0.8), so none
 * leaves this class. An event that could not be written down is told by the next full list.
 */
final class Listeners
{
    private ?EventRecorder $recorder = null;

    /**
     * @param \Closure(): Assembly $assembly asked for at the first event: this is set up before Paymenter has set its
     * time zone
     */
    public function __construct(private readonly \Closure $assembly)
    {
    }

    public function register(): void
    {
        $events = new PaymenterEvents(
            fn () => $this->recorder ??= ($this->assembly)()->recorder(),
            static fn () => Auth::id() === null ? null : (int) Auth::id(),
        );
        foreach ($events->handlers() as $name => $handler) {
            Event::listen($name, function (object $event) use ($name, $handler): void {
                $this->hear($name, $handler, $event);
            });
        }
    }

    /** @param callable(object): void $handler */
    private function hear(string $name, callable $handler, object $event): void
    {
        try {
            $handler($event);
            if ($this->recorder?->takeHasWritten() === true) {
                FlushOutbox::queueAfterCommit();
            }
        } catch (\Throwable $failure) {
            if (DB::transactionLevel() > 0 && self::lostTransaction($failure)) {
                throw $failure;
            }
            Paymenter::report($failure, "{$name} could not be written down; the next full list tells it.");
        }
    }

    /**
     * The one failure that must go through: after a deadlock the database has undone the whole transaction of
     * Paymenter's, and keeping silent would let it go on as if half of its work had been kept. Our statements lock rows
     * only after Paymenter locked the service's, so that we are not the cause.
     */
    private static function lostTransaction(\Throwable $failure): bool
    {
        for ($cause = $failure; $cause !== null; $cause = $cause->getPrevious()) {
            if ($cause instanceof \PDOException && (string) ($cause->errorInfo[0] ?? $cause->getCode()) === '40001') {
                return true;
            }
        }

        return false;
    }
}
