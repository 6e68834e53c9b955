<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventRecorder;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Memory;
use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;

/**
 * Asks the bridge what it wants to hear, and writes that into the outbox: services that Paymenter's API shows otherwise
 * than was told, what payments were for of which Stripe told it, and the full list where its ledger came back from a
 * backup.
 */
final class Wanted
{
    /** Whatever is asked for; the rest is asked for again. */
    private const MOST_PAYMENTS = 50;

    public function __construct(
        private readonly BridgeClient $bridge,
        private readonly EventRecorder $recorder,
        private readonly Memory $memory,
    ) {
    }

    /**
     * Writes what is wanted, and says whether the full list is wanted, too.
     *
     * @return array{told: int, payments: int, full_list: bool}
     * @throws BridgeAway when no answer came
     * @throws Problem when the answer is not the bridge's
     */
    public function tell(): array
    {
        $answer = $this->bridge->ask(['question' => 'wanted']);
        $wanted = $answer->json()['subscriptions'] ?? null;
        if ($answer->status !== 200 || !is_array($wanted) || !array_is_list($wanted)) {
            $said = $answer->detail();
            throw new Problem(
                "What the bridge wants to hear is not known: it answers with HTTP {$answer->status}"
                . ($said === null ? ', and not in its words.' : ". {$said}")
            );
        }
        $told = 0;
        foreach ($wanted as $one) {
            $id = is_array($one) ? $one['id'] ?? null : null;
            $since = self::moment(is_array($one) ? $one['since'] ?? null : null);
            if (is_string($id) && ctype_digit($id) && strlen($id) <= 18 && $since !== null) {
                $told += $this->recorder->tellAnew((int) $id, $since) ? 1 : 0;
            }
        }
        $since = self::moment($answer->json()['full_list_since'] ?? null);

        return [
            'told' => $told,
            'payments' => $this->recorder->identifyPayments(self::payments($answer->json()['payments'] ?? [])),
            'full_list' => $since !== null && (int) $this->memory->get(Status::LAST_LIST) < $since,
        ];
    }

    /**
     * The names of payments in a question; what no provider would call one is nobody's business.
     *
     * @return list<string>
     */
    private static function payments(mixed $asked): array
    {
        $names = array_filter(
            is_array($asked) ? array_column(array_filter($asked, 'is_array'), 'id') : [],
            static fn (mixed $name) => is_string($name) && preg_match('/^[A-Za-z0-9_-]{1,50}\z/', $name) === 1
        );

        return array_slice(array_values(array_unique($names)), 0, self::MOST_PAYMENTS);
    }

    private static function moment(mixed $text): ?int
    {
        try {
            return is_string($text) ? UtcTime::toMilliseconds($text) : null;
        } catch (\Exception) {
            return null;
        }
    }
}
