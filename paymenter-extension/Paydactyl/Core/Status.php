<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;

/** How it stands between Paymenter and the bridge, for `paydactyl:status`. */
final class Status
{
    /** Beyond this age of the oldest delivery something is wrong that a person should see. */
    private const PATIENCE_MILLISECONDS = 900_000;
    public const LAST_LIST = 'list.acknowledged_at';
    /** Why the full list was not taken at the last try; none where it was. */
    public const LIST_PROBLEM = 'list.problem';

    public function __construct(private readonly Assembly $assembly)
    {
    }

    /**
     * @return array{ok: bool, waiting: int, oldest_waiting_seconds: int, refused: int, last_acknowledged_at: ?string,
     *     last_list_at: ?string, problems: list<string>}
     */
    public function view(): array
    {
        $now = $this->assembly->clock->now();
        $backlog = $this->assembly->outbox()->backlog();
        $gate = $this->assembly->gate();
        $age = $backlog->waiting === 0 || $backlog->oldestCreatedAt === null ? 0 : $now - $backlog->oldestCreatedAt;
        $problems = [];
        try {
            $this->assembly->bridge();
        } catch (Problem $problem) {
            $problems[] = $problem->getMessage();
        }
        if ($gate->problem() !== null) {
            $problems[] = $gate->problem();
        } elseif ($age > self::PATIENCE_MILLISECONDS) {
            $problems[] = 'Deliveries wait although the bridge takes them: neither the queue worker nor the minute cron'
                . ' of Paymenter runs.';
        }
        $listProblem = $this->assembly->memory()->get(self::LIST_PROBLEM);
        if ($listProblem !== null) {
            $problems[] = "The full list was not taken: {$listProblem}";
        }
        $heard = $gate->lastAcknowledgedAt();
        $list = $this->assembly->memory()->get(self::LAST_LIST);

        return [
            'ok' => $problems === [] && $backlog->refused === 0,
            'waiting' => $backlog->waiting,
            'oldest_waiting_seconds' => intdiv($age, 1000),
            'refused' => $backlog->refused,
            'last_acknowledged_at' => $heard === null ? null : UtcTime::ofMilliseconds($heard),
            'last_list_at' => $list === null ? null : UtcTime::ofMilliseconds((int) $list),
            'problems' => [...$problems, ...$backlog->problems],
        ];
    }
}
