<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Outbox;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\OutcomeKind;
use Paymenter\Extensions\Servers\Paydactyl\Core\Clock;

/**
 * Carries what waits in the outbox to the bridge, one delivery after another.
 *
 * To be called outside transactions. It never throws because of the bridge, and takes no longer than it was given.
 */
final class Courier
{
    /** With less time than this a request is not begun. */
    private const MINIMUM_MILLISECONDS = 50;

    public function __construct(
        private readonly Outbox $outbox,
        private readonly Gate $gate,
        private readonly BridgeClient $bridge,
        private readonly Clock $clock,
    ) {
    }

    /**
     * Delivers until nothing is left, the bridge fails, or the time is over; with a subject, only what concerns that.
     */
    public function run(int $withinMilliseconds, ?string $subject = null): Run
    {
        $end = $this->clock->now() + $withinMilliseconds;
        if (!$this->gate->isOpen($this->clock->now())) {
            return new Run(0, null, $this->gate->problem(), $this->gate->needsPerson());
        }
        $delivered = 0;
        $refusal = null;
        while ($end - $this->clock->now() >= self::MINIMUM_MILLISECONDS) {
            $row = $this->outbox->claim($this->clock->now(), $subject);
            if ($row === null) {
                break;
            }
            $outcome = $this->bridge->deliver($row->deliveryId, $row->body, $end - $this->clock->now());
            switch ($outcome->kind) {
                case OutcomeKind::Acknowledged:
                    $this->outbox->acknowledge($row);
                    if ($delivered === 0) {
                        $this->gate->open($this->clock->now());
                    }
                    $delivered++;
                    break;
                case OutcomeKind::Refused:
                    $this->outbox->refuse($row, $outcome->sentence);
                    $refusal = $outcome->sentence;
                    break;
                case OutcomeKind::Later:
                case OutcomeKind::NeedsPerson:
                    $needsPerson = $outcome->kind === OutcomeKind::NeedsPerson;
                    $this->outbox->postpone($row, $outcome->sentence);
                    $now = $this->clock->now();
                    $this->gate->close($outcome->sentence, $needsPerson, $now, $outcome->retryAfterSeconds);

                    return new Run($delivered, $refusal, $outcome->sentence, $needsPerson);
            }
        }

        return new Run($delivered, $refusal, null, false);
    }
}
