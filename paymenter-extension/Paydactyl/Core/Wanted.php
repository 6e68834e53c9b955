<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeClient;
use Paymenter\Extensions\Servers\Paydactyl\Events\EventRecorder;
use Paymenter\Extensions\Servers\Paydactyl\Outbox\Memory;
use Paymenter\Extensions\Servers\Paydactyl\Services\UtcTime;

/**
 * Asks the bridge what it wants to hear anew, and writes that into the outbox: services that Paymenter's API shows
 * otherwise than was told, and the full list where its ledger came back from a backup.
 */
final class Wanted
{
    public function __construct(
        private readonly BridgeClient $bridge,
        private readonly EventRecorder $recorder,
        private readonly Memory $memory,
    ) {
    }

    /**
     * Writes what is wanted, and says whether the full list is wanted, too.
     *
     * @return array{told: int, full_list: bool}
     * @throws BridgeAway when no answer came
     * @throws Problem when the answer is not the bridge's
     */
    public function tell(): array
    {
        $answer = $this->bridge->ask(['question' => 'wanted']);
        $wanted = $answer->json()['subscriptions'] ?? null;
        if ($answer->status !== 200 || !is_array($wanted)) {
            throw new Problem(
                "What the bridge wants to hear is not known: it answers with HTTP {$answer->status}. "
                . ($answer->detail() ?? '')
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
            'full_list' => $since !== null && (int) $this->memory->get(Status::LAST_LIST) < $since,
        ];
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
