<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Customer;

/**
 * What customers see of their access on the page of a service.
 *
 * Made from the bridge's answer to `/api/v1/customers/<id>`. Everything from there is escaped, since Paymenter inserts
 * the page raw (facts/paymenter.md §h). The bridge's own reasons are words for operators, which may name other people;
 * customers get sentences of ours.
 */
final class AccessPage
{
    /**
     * @param array<string, mixed> $customer the bridge's answer
     */
    public function __construct(private readonly array $customer, private readonly ?string $panelUrl)
    {
    }

    /** Whether the answer is about this customer: the bridge also finds people by e-mail and key. */
    public static function concerns(array $customer, string $customerId): bool
    {
        return ($customer['id'] ?? null) === $customerId;
    }

    public function html(): string
    {
        $parts = [
            '<div style="padding: 1rem; display: grid; gap: .75rem">',
            '<p>' . self::escaped($this->summary()) . '</p>',
            $this->servers(),
            $this->panel(),
            '</div>',
        ];

        return implode("\n", array_filter($parts));
    }

    private function summary(): string
    {
        $since = is_string($this->customer['since'] ?? null) ? $this->moment($this->customer['since']) : null;
        $sinceWords = $since === null ? '' : " (since {$since})";

        return match ($this->customer['state'] ?? null) {
            'converged' => $this->servers() === ''
                ? 'There is no access at this moment. If you have just paid, look again in a minute.'
                : 'Everything that you are entitled to is in place.',
            'working' => "Your access is being set up{$sinceWords}. This takes seconds, rarely minutes.",
            'blocked' => "Your access is on its way{$sinceWords}, but the game panel cannot be changed just now."
                . ' Nothing is lost: it goes on by itself.',
            'needs_attention' => "A person needs to look at your access{$sinceWords}."
                . ' Open a ticket if it takes too long.',
            default => 'The state of your access is not known at this moment.',
        };
    }

    private function servers(): string
    {
        $lines = [];
        foreach ($this->rows('access') as $access) {
            $name = self::escaped(is_string($access['name'] ?? null) ? $access['name'] : 'a server');
            $desired = $this->words($access, 'desired');
            $granted = $this->words($access, 'granted');
            $words = match (true) {
                $desired === [] && $granted === [] => null,
                array_diff($desired, $granted) !== [] => 'on its way',
                $desired === [] => 'ends',
                default => 'you have access',
            };
            if ($words !== null) {
                $lines[] = "<li><strong>{$name}</strong>: {$words}</li>";
            }
        }

        return $lines === [] ? '' : '<ul>' . implode('', $lines) . '</ul>';
    }

    private function panel(): string
    {
        $usernames = [];
        foreach ($this->rows('accounts') as $account) {
            $username = is_string($account['username'] ?? null) ? self::escaped($account['username']) : '';
            $email = is_string($account['email'] ?? null) ? self::escaped($account['email']) : '';
            if ($username !== '') {
                $usernames[] = "<strong>{$username}</strong>" . ($email === '' ? '' : " ({$email})");
            }
        }
        if ($usernames === []) {
            return '';
        }
        $address = '';
        if ($this->panelUrl !== null) {
            $url = self::escaped($this->panelUrl);
            $address = " at <a href=\"{$url}\" target=\"_blank\" rel=\"noopener noreferrer\">{$url}</a>";
        }

        return '<p>Sign in to the game panel' . $address . ' as ' . implode(' or ', $usernames) . '.'
            . ' No password yet, or the link in the mail no longer works? Choose <em>Forgot password</em> on the'
            . ' sign-in page; the panel then sends a new link.</p>';
    }

    /** @return list<array<string, mixed>> */
    private function rows(string $name): array
    {
        $rows = $this->customer[$name] ?? [];

        return is_array($rows) ? array_values(array_filter($rows, 'is_array')) : [];
    }

    /**
     * @param array<string, mixed> $row
     * @return list<string>
     */
    private function words(array $row, string $name): array
    {
        $words = $row[$name] ?? [];

        return is_array($words) ? array_values(array_filter($words, 'is_string')) : [];
    }

    private function moment(string $text): ?string
    {
        try {
            $zone = new \DateTimeZone(date_default_timezone_get());

            return (new \DateTimeImmutable($text))->setTimezone($zone)->format('j M Y, H:i');
        } catch (\Exception) {
            return null;
        }
    }

    private static function escaped(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5, 'UTF-8');
    }
}
