<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Console\Command;
use Paymenter\Extensions\Servers\Paydactyl\Core\Status;

/** Says how it stands; exits with 1 where a person has something to do. */
class StatusCommand extends Command
{
    protected $signature = 'paydactyl:status {--json : For programs}';

    protected $description = 'Show whether Paydactyl hears what happens here';

    public function handle(): int
    {
        Paymenter::createTables();
        $assembly = Paymenter::storedAssembly();
        if ($assembly === null) {
            $this->error('No server of the extension Paydactyl is set up.');

            return self::FAILURE;
        }
        $view = (new Status($assembly))->view();
        if ($this->option('json')) {
            $this->line(json_encode($view, JSON_THROW_ON_ERROR | JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES));
        } else {
            $this->line("Waiting: {$view['waiting']}, the oldest for {$view['oldest_waiting_seconds']} s.");
            $this->line("Refused: {$view['refused']}.");
            $this->line('Last acknowledged: ' . ($view['last_acknowledged_at'] ?? 'never')
                . '. Last full list: ' . ($view['last_list_at'] ?? 'never') . '.');
            foreach ($view['problems'] as $problem) {
                $this->warn($problem);
            }
        }

        return $view['ok'] ? self::SUCCESS : self::FAILURE;
    }
}
