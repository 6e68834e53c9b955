<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Bridge;

/**
 * Requests through PHP's curl, which Paymenter's own requirements include.
 *
 * Redirects are not followed: what is signed for one address is for no other. The certificate is always checked. Of an
 * answer at most 256 KiB is read.
 */
final class CurlTransport implements HttpTransport
{
    private const MAXIMUM_BYTES = 262_144;

    public function send(HttpRequest $request): HttpAnswer
    {
        if (!function_exists('curl_init')) {
            throw new BridgeAway("PHP's curl extension is not installed; Paydactyl cannot be reached without it.");
        }
        $headers = [];
        $body = '';
        $curl = curl_init();
        curl_setopt_array($curl, [
            CURLOPT_URL => $request->url,
            CURLOPT_CUSTOMREQUEST => $request->method,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_CONNECTTIMEOUT_MS => max(1, min($request->connectMilliseconds, $request->totalMilliseconds)),
            CURLOPT_TIMEOUT_MS => max(1, $request->totalMilliseconds),
            CURLOPT_HTTPHEADER => $this->lines($request->headers),
            CURLOPT_HEADERFUNCTION => static function ($curl, string $line) use (&$headers): int {
                $parts = explode(':', $line, 2);
                if (count($parts) === 2) {
                    $headers[strtolower(trim($parts[0]))] = trim($parts[1]);
                }

                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$body): int {
                $body .= $part;

                return strlen($body) > self::MAXIMUM_BYTES ? 0 : strlen($part);
            },
        ]);
        if ($request->body !== null) {
            curl_setopt($curl, CURLOPT_POSTFIELDS, $request->body);
        }
        $succeeded = curl_exec($curl);
        $status = (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        if ($succeeded === false && strlen($body) <= self::MAXIMUM_BYTES) {
            throw new BridgeAway($this->sentence(curl_errno($curl), curl_error($curl), $request));
        }

        return new HttpAnswer($status, $headers, substr($body, 0, self::MAXIMUM_BYTES));
    }

    /**
     * @param array<string, string> $headers
     * @return list<string>
     */
    private function lines(array $headers): array
    {
        // Without the empty Expect, curl waits a second before it sends a body that it thinks large.
        $lines = ['Expect:'];
        foreach ($headers as $name => $value) {
            $lines[] = "{$name}: {$value}";
        }

        return $lines;
    }

    private function sentence(int $code, string $error, HttpRequest $request): string
    {
        $host = parse_url($request->url, PHP_URL_HOST);

        return match ($code) {
            CURLE_COULDNT_RESOLVE_HOST => "The name {$host} of the bridge URL cannot be found in DNS.",
            CURLE_COULDNT_CONNECT => "Nothing answers at the bridge URL: {$host} refuses the connection.",
            CURLE_OPERATION_TIMEDOUT => "The bridge did not answer within {$request->totalMilliseconds} ms.",
            CURLE_SSL_CACERT, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_PEER_CERTIFICATE
                => "The certificate of {$host} is not accepted: {$error}.",
            default => "The bridge cannot be reached: {$error}.",
        };
    }
}
