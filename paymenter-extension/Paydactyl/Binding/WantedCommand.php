<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Console\Command;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;

/** Tells anew what the bridge asks for: every five minutes by the scheduler, or by hand. */
class WantedCommand extends Command
{
    protected $signature = 'paydactyl:wanted';

    protected $description = 'Tell Paydactyl anew what it asks for';

    public function handle(): int
    {
        Paymenter::createTables();
        $assembly = Paymenter::storedAssembly();
        if ($assembly === null) {
            $this->line('No server of the extension Paydactyl is set up.');

            return self::SUCCESS;
        }
        if (!$assembly->gate()->isOpen($assembly->clock->now())) {
            $this->line('The bridge is left alone for a moment: ' . $assembly->gate()->problem());

            return self::SUCCESS;
        }
        try {
            $wanted = $assembly->wanted()->tell();
            // What the checkout goes by, which itself must not wait for the network.
            (new CustomerPages($assembly))->hearTiers();
        } catch (Problem | BridgeAway $problem) {
            $this->error($problem->getMessage());

            return self::FAILURE;
        }
        $this->line("{$wanted['told']} services are told anew.");
        if ($wanted['payments'] > 0) {
            $this->line("Of {$wanted['payments']} payments it is told what they were for.");
        }
        if ($wanted['told'] + $wanted['payments'] > 0) {
            FlushOutbox::queueAfterCommit();
        }

        return $wanted['full_list'] ? $this->call(SnapshotCommand::class) : self::SUCCESS;
    }
}
