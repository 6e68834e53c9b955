<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\FullList;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\Outcome;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\OutcomeKind;
use Paymenter\Extensions\Servers\Paydactyl\Core\Clock;
use Paymenter\Extensions\Servers\Paydactyl\Events\ServiceChange;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Subjects;
use Paymenter\Extensions\Servers\Paydactyl\Services\PaymenterTables;
use Paymenter\Extensions\Servers\Paydactyl\Services\ServiceRecord;
use Paymenter\Extensions\Servers\Paydactyl\Services\Snapshot;
use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;

/**
 * Tells the bridge the full list of services, in pages of one generation, so that it finds what no event told: lost
 * events, users whose services the database removed, products and tiers edited by hand.
 *
 * Pages are not kept: a generation of which a page is missing means nothing to the bridge, and the next hour brings the
 * next one. It holds one batch of services in memory, however many there are.
 */
final class FullListSender
{
    private const BATCH = 200;

    public function __construct(
        private readonly PaymenterTables $tables,
        private readonly Subjects $subjects,
        private readonly BridgeClient $bridge,
        private readonly Clock $clock,
        /** Far below what the bridge takes, since rows may grow between counting and sending. */
        private readonly int $pageBytes = 150_000,
        private readonly int $attempts = 3,
    ) {
    }

    /** Sends one generation. */
    public function send(): FullListResult
    {
        $started = $this->clock->now();
        $generation = sprintf('%d-%s', $started, bin2hex(random_bytes(4)));
        $ends = $this->pageEnds($started);
        $pages = count($ends);
        $services = 0;
        $after = 0;
        foreach ($ends as $index => $end) {
            $entries = $this->page($after, $end, $started);
            $services += count($entries);
            $outcome = $this->sendPage($generation, $index + 1, $pages, $started, $entries);
            if ($outcome->kind !== OutcomeKind::Acknowledged) {
                return new FullListResult($generation, $pages, $index, $services, $outcome->sentence);
            }
            $after = $end;
        }

        return new FullListResult($generation, $pages, $pages, $services, null);
    }

    /**
     * The last service's id of each page. The pages must be counted before the first is sent, so everything is built
     * once for its size. Without any service there is one empty page: that none is left is news, too.
     *
     * @return non-empty-list<int>
     */
    private function pageEnds(int $now): array
    {
        $ends = [];
        $bytes = 0;
        $last = 0;
        foreach ($this->entries(0, PHP_INT_MAX, $now) as $id => $entry) {
            $size = strlen(Snapshot::json($entry)) + 1;
            if ($bytes > 0 && $bytes + $size > $this->pageBytes) {
                $ends[] = $last;
                $bytes = 0;
            }
            $bytes += $size;
            $last = $id;
        }
        $ends[] = $last;

        return $ends;
    }

    /** @return list<array<string, mixed>> */
    private function page(int $after, int $end, int $now): array
    {
        return iterator_to_array($this->entries($after, $end, $now), false);
    }

    /** @return \Generator<int, array<string, mixed>> entries by the ids of their services */
    private function entries(int $after, int $end, int $now): \Generator
    {
        while ($after < $end) {
            $services = $this->tables->servicesAfter($after, self::BATCH, $now);
            $said = $this->subjects->findAll(
                array_map(static fn (ServiceRecord $service) => $service->subject(), $services)
            );
            foreach ($services as $service) {
                $after = (int) $service->id;
                if ($after > $end) {
                    return;
                }
                $last = $said[$service->subject()] ?? null;
                $reason = $last?->status === $service->status
                    ? $last->reason
                    : ServiceChange::reason($service, $last?->status, $now);
                // The revision of what was last said: a list repeats. What was never spoken of is as old as this list.
                // If the service changed between the two reads, its own event has the same revision and a later moment,
                // and so counts as the newer of the two.
                yield $after => Snapshot::fields($service, $reason) + ['revision' => $last?->revision ?? $now];
            }
            if (count($services) < self::BATCH) {
                return;
            }
        }
    }

    /** @param list<array<string, mixed>> $entries */
    private function sendPage(string $generation, int $page, int $pages, int $started, array $entries): Outcome
    {
        $body = Snapshot::json([
            'event' => 'subscriptions.snapshot',
            'generation' => $generation,
            'page' => $page,
            'pages' => $pages,
            'occurred_at' => UtcTime::ofMilliseconds($started),
            'settings' => $this->tables->terms(),
            'subscriptions' => $entries,
        ]);
        if (strlen($body) > BridgeClient::MAXIMUM_BODY_BYTES) {
            return Outcome::refused(
                "Page {$page} of the full list grew beyond what the bridge takes; the next list will be cut anew."
            );
        }
        $outcome = Outcome::later('The full list was not sent.');
        for ($attempt = 1; $attempt <= $this->attempts; $attempt++) {
            $outcome = $this->bridge->deliver("list_{$generation}_{$page}", $body);
            if ($outcome->kind !== OutcomeKind::Later) {
                break;
            }
        }

        return $outcome;
    }
}
