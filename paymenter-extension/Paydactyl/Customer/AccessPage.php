<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Customer;

/**
 * What customers see of their access on the page of a service.
 *
 * Made from the bridge's answer to the question `access`, which holds no words for operators. Everything from there is
 * escaped all the same, since Paymenter inserts the page raw (facts/paymenter.md §h).
 */
final class AccessPage
{
    /**
     * @param array<string, mixed> $access the bridge's answer
     * @param ?string $panelUrl what the administrator entered, which goes before what the bridge says
     */
    public function __construct(private readonly array $access, private readonly ?string $panelUrl)
    {
    }

    /** Whether the answer is about this customer; an empty one is about nobody. */
    public static function concerns(array $access, string $customerId): bool
    {
        return ($access['customer_id'] ?? null) === $customerId;
    }

    /** Where the customer signs in to the game panel, if there is one such place. */
    public function panelUrl(): ?string
    {
        $addresses = array_unique(array_filter(array_map(self::address(...), $this->rows('accounts'))));

        return $addresses === [] ? null : $this->panelUrl ?? (count($addresses) === 1 ? reset($addresses) : null);
    }

    public function html(string $serviceId): string
    {
        $parts = [
            '<div style="padding: 1rem; display: grid; gap: .75rem">',
            $this->service($serviceId),
            '<p>' . self::escaped($this->summary()) . '</p>',
            $this->places(),
            $this->ranks(),
            $this->panels(),
            '</div>',
        ];

        return implode("\n", array_filter($parts));
    }

    private function summary(): string
    {
        $since = $this->moment($this->access['since'] ?? null);
        $sinceWords = $since === null ? '' : " (since {$since})";

        return match ($this->access['state'] ?? null) {
            'ready' => 'Everything that you are entitled to is in place.',
            'nothing' => 'There is no access at this moment. If you have just paid, look again in a minute.',
            'underway' => "Your access is being set up{$sinceWords}. This takes seconds, rarely minutes.",
            'waiting' => match ($this->access['because'] ?? null) {
                'panel_away' => "Your access is on its way{$sinceWords}, but the game panel cannot be changed just now."
                    . ' Nothing is lost: it goes on by itself.',
                'paused' => "Your access waits{$sinceWords}: changes are being made by hand at this moment.",
                'player_name' => "Your rank in the game waits{$sinceWords}: the Minecraft name of this service is"
                    . ' missing, or is no name that a player can have. Open a ticket with your name in the game.',
                default => "Your access is on its way{$sinceWords}. Nothing is lost: it goes on by itself.",
            },
            'needs_person' => ($this->access['because'] ?? null) === 'barred'
                ? 'Your access is blocked. Open a ticket to talk about it.'
                : "A person needs to look at your access{$sinceWords}. Open a ticket if it takes too long.",
            default => 'The state of your access is not known at this moment.',
        };
    }

    /** What this very service gives, and until when. */
    private function service(string $id): string
    {
        foreach ($this->rows('subscriptions') as $row) {
            if (($row['id'] ?? null) !== $id) {
                continue;
            }
            $until = $this->moment($row['until'] ?? null);
            $gives = ($row['gives_access'] ?? null) === true;
            $words = match (true) {
                $until === null => null,
                $gives && ($row['status'] ?? null) === 'past_due'
                    => "A payment is missing. You keep your access until {$until}; pay before then to go on without a"
                        . ' gap.',
                $gives => "This service is cancelled and gives access until {$until}.",
                ($row['status'] ?? null) === 'suspended'
                    => "This service is suspended since {$until}. Once it is paid, your access comes back as it was.",
                default => "This service ended at {$until}.",
            };

            return $words === null ? '' : '<p>' . self::escaped($words) . '</p>';
        }

        return '';
    }

    private function places(): string
    {
        $lines = [];
        foreach ([...$this->rows('servers'), ...$this->rows('own_servers')] as $place) {
            $words = match ($place['state'] ?? null) {
                'given' => 'you have access',
                'underway' => 'on its way',
                'ending' => 'ends',
                default => null,
            };
            if ($words !== null) {
                $lines[] = '<li><strong>' . self::text($place, 'name', 'a server') . "</strong>: {$words}</li>";
            }
        }

        return $lines === [] ? '' : '<ul>' . implode('', $lines) . '</ul>';
    }

    private function ranks(): string
    {
        $lines = [];
        foreach ($this->rows('ranks') as $rank) {
            $words = ($rank['is_sent'] ?? null) === true ? 'is given' : 'is given once that server is up';
            $lines[] = '<li>Your rank on <strong>' . self::text($rank, 'place', 'a server') . '</strong> as '
                . self::text($rank, 'player', 'you') . " {$words}</li>";
        }

        return $lines === [] ? '' : '<ul>' . implode('', $lines) . '</ul>';
    }

    private function panels(): string
    {
        $lines = [];
        $accounts = $this->rows('accounts');
        foreach ($accounts as $account) {
            $username = self::text($account, 'username');
            $email = self::text($account, 'email');
            if ($username === '') {
                continue;
            }
            $url = self::escaped((count($accounts) === 1 ? $this->panelUrl : null) ?? self::address($account) ?? '');
            $at = $url === '' ? '' : " at <a href=\"{$url}\" target=\"_blank\" rel=\"noopener noreferrer\">{$url}</a>";
            $lines[] = "<p>Sign in to the game panel{$at} as <strong>{$username}</strong>"
                . ($email === '' ? '' : " ({$email})") . '.</p>';
        }

        return $lines === [] ? '' : implode('', $lines)
            . '<p>No password yet, or the link in the mail no longer works? Choose <em>Forgot password</em> on the'
            . ' sign-in page; the panel then sends a new link.</p>';
    }

    /** @return list<array<string, mixed>> */
    private function rows(string $name): array
    {
        $rows = $this->access[$name] ?? [];

        return is_array($rows) ? array_values(array_filter($rows, 'is_array')) : [];
    }

    /** An address that a link may safely lead to. */
    private static function address(array $account): ?string
    {
        $address = $account['address'] ?? null;

        return is_string($address) && preg_match('#^https?://[^\s"\'<>]+\z#i', $address) === 1
            ? rtrim($address, '/')
            : null;
    }

    private static function text(array $row, string $name, string $otherwise = ''): string
    {
        return self::escaped(is_string($row[$name] ?? null) ? $row[$name] : $otherwise);
    }

    private function moment(mixed $text): ?string
    {
        try {
            $zone = new \DateTimeZone(date_default_timezone_get());

            return is_string($text) && $text !== ''
                ? (new \DateTimeImmutable($text))->setTimezone($zone)->format('j M Y, H:i')
                : null;
        } catch (\Exception) {
            return null;
        }
    }

    private static function escaped(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5, 'UTF-8');
    }
}
