<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Console\Command;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;

/** The sweep: each minute by the scheduler, or by hand. */
class FlushCommand extends Command
{
    /** Above so many rows only the newest of each service is kept. */
    private const BOUND = 20_000;

    protected $signature = 'paydactyl:flush
        {--seconds=45 : How long it may take}
        {--now : Do not wait until the pause after a failure is over}
        {--refused : Try again what the bridge refused, for instance after it was upgraded}';

    protected $description = 'Deliver to Paydactyl what waits in the outbox';

    public function handle(): int
    {
        Paymenter::protectSecrets();
        Paymenter::createTables();
        $assembly = Paymenter::storedAssembly();
        if ($assembly === null) {
            $this->line('No server of the extension Paydactyl is set up.');

            return self::SUCCESS;
        }
        $outbox = $assembly->outbox();
        $merged = $outbox->mergeBeyond(self::BOUND, $assembly->clock->now());
        if ($merged > 0) {
            $this->line("{$merged} older events were merged into the newest of their services.");
        }
        if ($this->option('refused')) {
            $outbox->retryRefused();
        }
        if ($this->option('now')) {
            $assembly->gate()->reset();
        }
        try {
            $run = $assembly->courier()->run(max(1, (int) $this->option('seconds')) * 1000);
        } catch (Problem $problem) {
            $this->error($problem->getMessage());

            return self::FAILURE;
        }
        $this->line("{$run->delivered} delivered, {$outbox->count()} left.");
        foreach (array_filter([$run->refusal, $run->problem]) as $sentence) {
            $this->warn($sentence);
        }

        return $run->problem === null && $run->refusal === null ? self::SUCCESS : self::FAILURE;
    }
}
