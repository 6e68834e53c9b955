<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Console\Command;
use Paymenter\Extensions\Servers\Paydactyl\Core\Assembly;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;
use Paymenter\Extensions\Servers\Paydactyl\Core\Status;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Outbox;

/** Tells the bridge the full list of services: each hour by the scheduler, or by hand. */
class SnapshotCommand extends Command
{
    protected $signature = 'paydactyl:snapshot';

    protected $description = 'Send Paydactyl the full list of services';

    public function handle(): int
    {
        Paymenter::createTables();
        $assembly = Paymenter::storedAssembly();
        if ($assembly === null) {
            $this->line('No server of the extension Paydactyl is set up.');

            return self::SUCCESS;
        }
        try {
            $result = $assembly->fullList()->send();
        } catch (Problem $problem) {
            return $this->fails($assembly, $problem->getMessage());
        }
        if ($result->problem !== null) {
            return $this->fails(
                $assembly,
                "{$result->acknowledgedPages} of {$result->pages} pages were taken. {$result->problem}"
            );
        }
        $assembly->memory()->forget(Status::LIST_PROBLEM);
        $assembly->gate()->open($assembly->clock->now());
        $assembly->memory()->set(Status::LAST_LIST, (string) $assembly->clock->now());
        $this->line("{$result->services} services in {$result->pages} pages, generation {$result->generation}.");

        return self::SUCCESS;
    }

    /** Kept for `paydactyl:status`: what the scheduler runs, nobody reads. */
    private function fails(Assembly $assembly, string $sentence): int
    {
        $assembly->memory()->set(Status::LIST_PROBLEM, Outbox::shortened($sentence));
        $this->error($sentence);

        return self::FAILURE;
    }
}
