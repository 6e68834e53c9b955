<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

use Paymenter\Extensions\Servers\Paydactyl\Core\Clock;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Outbox;
use Paymenter\Extensions\Servers\Paydactyl\Services\Snapshot;
use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;

/**
 * What stands behind "Test connection": tries what deliveries and pages need and says in one sentence what is wrong.
 */
final class ConnectionTest
{
    /** The bridge refuses deliveries whose timestamp is further off (DESIGN §5). */
    private const TOLERANCE_SECONDS = 300;

    public function __construct(private readonly BridgeClient $bridge, private readonly Clock $clock)
    {
    }

    /** The first thing that is wrong, in one sentence; null where all is well. */
    public function run(): ?string
    {
        try {
            return $this->clocks() ?? $this->signature() ?? $this->questions();
        } catch (BridgeAway $away) {
            return $away->getMessage();
        }
    }

    /** Before the signature, which a wrong clock makes look wrong. */
    private function clocks(): ?string
    {
        $date = strtotime($this->bridge->live()->headers['date'] ?? '');
        if ($date === false) {
            return null;
        }
        $difference = intdiv($this->clock->now(), 1000) - $date;

        return abs($difference) <= self::TOLERANCE_SECONDS ? null : sprintf(
            "The clocks differ by %d seconds: this machine's is %s. The bridge takes nothing more than %d seconds off.",
            abs($difference),
            $difference > 0 ? 'ahead' : 'behind',
            self::TOLERANCE_SECONDS
        );
    }

    /**
     * The only way to know that a secret is right is to sign with it. The bridge keeps an event type that it does not
     * know, and ignores it.
     */
    private function signature(): ?string
    {
        $body = Snapshot::json([
            'event' => 'paydactyl.connection_test',
            'occurred_at' => UtcTime::ofMilliseconds($this->clock->now()),
        ]);
        $outcome = BridgeClient::outcome($this->bridge->post(Outbox::newId(), $body));

        return $outcome->kind === OutcomeKind::Acknowledged ? null : $outcome->sentence;
    }

    private function questions(): ?string
    {
        $answer = $this->bridge->ask(['question' => 'tiers']);
        if ($answer->status !== 200 || !is_array($answer->json()['tiers'] ?? null)) {
            return "Deliveries are taken, but questions are answered with HTTP {$answer->status}: the bridge is older"
                . ' than this extension, or something before it lets only /webhooks/paymenter through.';
        }

        return $answer->json()['tiers'] !== [] ? null
            : 'Deliveries are taken, but paydactyl.yaml has no tiers, so that no product gives anything.';
    }
}
