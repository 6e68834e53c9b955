<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

use Paymenter\Extensions\Servers\Paydactyl\Core\Problem;

/** The address of the bridge. */
final class BridgeUrl
{
    private function __construct(private readonly string $base)
    {
    }

    /**
     * Reads an address as a person typed it.
     *
     * The bridge takes nothing over plain http unless it comes from its own machine (DESIGN §5), so that is said here
     * at once.
     *
     * @throws Problem
     */
    public static function parse(?string $text): self
    {
        $text = rtrim(trim($text ?? ''), '/');
        if ($text === '') {
            throw new Problem(
                'The bridge URL is empty: enter the address of Paydactyl, such as https://paydactyl.example.com.'
            );
        }
        $parts = parse_url($text);
        $isAddress = isset($parts['scheme'], $parts['host']) && !isset($parts['query']) && !isset($parts['fragment']);
        if (!$isAddress) {
            throw new Problem('The bridge URL is not an address such as https://paydactyl.example.com.');
        }
        if (isset($parts['user']) || isset($parts['pass'])) {
            throw new Problem('The bridge URL must not hold a user name or password.');
        }
        $scheme = strtolower($parts['scheme']);
        $isLocal = in_array(strtolower($parts['host']), ['127.0.0.1', '[::1]', 'localhost'], true);
        if ($scheme !== 'https' && !($scheme === 'http' && $isLocal)) {
            throw new Problem(
                'The bridge URL must begin with https://; plain http is only for a bridge on this machine.'
            );
        }
        if (str_ends_with($text, '/webhooks/paymenter')) {
            $text = substr($text, 0, -strlen('/webhooks/paymenter'));
        }

        return new self($text);
    }

    public function to(string $path): string
    {
        return $this->base . $path;
    }
}
