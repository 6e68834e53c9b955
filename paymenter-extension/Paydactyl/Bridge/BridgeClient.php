<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

use Paymenter\Extensions\Servers\Paydactyl\Core\Clock;
use Paymenter\Extensions\Servers\Paydactyl\Services\Snapshot;
use Paymenter\Extensions\Servers\Paydactyl\Webhook\WebhookSigner;

/** Talks to the bridge, all of it signed with the one secret. */
final class BridgeClient
{
    /** The bridge answers 413 above 256 KiB (DESIGN §5). */
    public const MAXIMUM_BODY_BYTES = 262_144;

    public function __construct(
        private readonly BridgeUrl $url,
        private readonly WebhookSigner $signer,
        private readonly HttpTransport $transport,
        private readonly Clock $clock,
        private readonly int $connectMilliseconds,
        private readonly int $totalMilliseconds,
        private readonly string $version,
    ) {
    }

    /** Delivers one body under its id; `withinMilliseconds` shortens the time that it may take. */
    public function deliver(string $id, string $body, ?int $withinMilliseconds = null): Outcome
    {
        try {
            return self::outcome($this->post($id, $body, $withinMilliseconds));
        } catch (BridgeAway $away) {
            return Outcome::later($away->getMessage());
        }
    }

    /** @throws BridgeAway */
    public function post(string $id, string $body, ?int $withinMilliseconds = null): HttpAnswer
    {
        return $this->postTo('/webhooks/paymenter', $id, $body, $withinMilliseconds);
    }

    /**
     * Asks what the bridge tells its extension and nobody else; it writes nothing there.
     *
     * @param array<string, string> $question
     * @throws BridgeAway
     */
    public function ask(array $question, ?int $withinMilliseconds = null): HttpAnswer
    {
        $id = 'ask_' . bin2hex(random_bytes(16));

        return $this->postTo('/webhooks/paymenter/questions', $id, Snapshot::json($question), $withinMilliseconds);
    }

    /** @throws BridgeAway */
    private function postTo(string $path, string $id, string $body, ?int $withinMilliseconds): HttpAnswer
    {
        $headers = $this->signer->headers($id, intdiv($this->clock->now(), 1000), $body);

        return $this->transport->send(new HttpRequest(
            'POST',
            $this->url->to($path),
            $headers + ['Content-Type' => 'application/json', 'User-Agent' => $this->userAgent()],
            $body,
            $this->connectMilliseconds,
            min($this->totalMilliseconds, $withinMilliseconds ?? $this->totalMilliseconds),
        ));
    }

    /**
     * Asks whether somebody is there at all, without a signature.
     *
     * @throws BridgeAway
     */
    public function live(): HttpAnswer
    {
        return $this->transport->send(new HttpRequest(
            'GET',
            $this->url->to('/health/live'),
            ['Accept' => 'application/json', 'User-Agent' => $this->userAgent()],
            null,
            $this->connectMilliseconds,
            $this->totalMilliseconds,
        ));
    }

    /**
     * Reads an answer to a delivery after the table in DESIGN §5.
     *
     * Only what the bridge itself says decides over a delivery: a proxy before it has web pages of its own for every
     * status, and a delivery that one of those turned away is as good as before.
     */
    public static function outcome(HttpAnswer $answer): Outcome
    {
        $detail = $answer->detail();
        $said = $detail === null ? '' : " The bridge says: {$detail}";
        $status = $answer->json()['status'] ?? null;

        return match (true) {
            $answer->status === 202, $answer->status === 200
                => in_array($status, ['accepted', 'ignored', 'duplicate'], true)
                    ? Outcome::acknowledged()
                    : Outcome::needsPerson(
                        "Something else than Paydactyl answers at the bridge URL (HTTP {$answer->status} without its"
                        . ' acknowledgement).'
                    ),
            $answer->status >= 300 && $answer->status < 400
                => Outcome::needsPerson(
                    "The bridge URL redirects elsewhere (HTTP {$answer->status}); enter the address that it leads to."
                ),
            $answer->status === 404, $answer->status === 405, $answer->status === 410
                => Outcome::needsPerson(
                    "There is no Paydactyl at the bridge URL (HTTP {$answer->status} for /webhooks/paymenter).{$said}"
                ),
            $detail === null && in_array($answer->status, [400, 401, 403, 413, 422], true)
                => Outcome::needsPerson(
                    "Something that stands before Paydactyl turned a delivery away (HTTP {$answer->status}, and not in"
                    . ' its words): let /webhooks/paymenter through unchanged in the proxy or firewall at the bridge'
                    . ' URL.'
                ),
            $answer->status === 400, $answer->status === 413, $answer->status === 422
                => Outcome::refused("The bridge refused a delivery (HTTP {$answer->status}).{$said}"),
            $answer->status === 401
                => Outcome::needsPerson(
                    'The signature was not accepted (HTTP 401): the webhook secret differs from the one of the bridge,'
                    . " or a clock is wrong.{$said}"
                ),
            $answer->status === 403
                => Outcome::needsPerson("The bridge does not take deliveries from here (HTTP 403).{$said}"),
            default => Outcome::later(
                "The bridge could not take a delivery (HTTP {$answer->status}).{$said}",
                self::retryAfter($answer)
            ),
        };
    }

    private static function retryAfter(HttpAnswer $answer): ?int
    {
        $value = $answer->headers['retry-after'] ?? '';

        return ctype_digit($value) ? (int) substr($value, 0, 9) : null;
    }

    private function userAgent(): string
    {
        return "Paydactyl-Paymenter/{$this->version}";
    }
}
