<?php

declare(strict_types=1);

namespace PaydactylTests\Binding;

use Illuminate\Contracts\Bus\Dispatcher;

/** A queue that keeps what it is given, or cannot be reached. */
final class CollectedJobs implements Dispatcher
{
    /** @var list<object> */
    public array $jobs = [];
    public bool $isAway = false;

    public function dispatch($command)
    {
        if ($this->isAway) {
            throw new \RuntimeException('Connection refused');
        }
        $this->jobs[] = $command;

        return null;
    }

    public function dispatchSync($command, $handler = null)
    {
        return $this->dispatch($command);
    }

    public function dispatchNow($command, $handler = null)
    {
        return $this->dispatch($command);
    }

    public function hasCommandHandler($command)
    {
        return false;
    }

    public function getCommandHandler($command)
    {
        return false;
    }

    public function pipeThrough(array $pipes)
    {
        return $this;
    }

    public function map(array $map)
    {
        return $this;
    }
}
