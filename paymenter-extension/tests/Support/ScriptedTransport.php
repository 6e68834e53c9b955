<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

use Paymenter\Extensions\Servers\Paydactyl\Bridge\BridgeAway;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpAnswer;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpRequest;
use Paymenter\Extensions\Servers\Paydactyl\Bridge\HttpTransport;

/** A bridge that answers by a script; the last answer repeats. */
final class ScriptedTransport implements HttpTransport
{
    /** @var list<HttpRequest> */
    public array $requests = [];
    /** @var list<HttpAnswer|BridgeAway|\Closure(HttpRequest): HttpAnswer> */
    private array $script;

    public function __construct(HttpAnswer|BridgeAway|\Closure ...$script)
    {
        $this->script = array_values($script) ?: [self::accepted()];
    }

    public function send(HttpRequest $request): HttpAnswer
    {
        $this->requests[] = $request;
        $answer = count($this->script) > 1 ? array_shift($this->script) : $this->script[0];
        if ($answer instanceof \Closure) {
            $answer = $answer($request);
        }
        if ($answer instanceof BridgeAway) {
            throw $answer;
        }

        return $answer;
    }

    /** @return list<array<string, mixed>> */
    public function bodies(): array
    {
        return array_map(
            static fn (HttpRequest $request) => json_decode((string) $request->body, true, 64, JSON_THROW_ON_ERROR),
            $this->requests
        );
    }

    public static function accepted(): HttpAnswer
    {
        return new HttpAnswer(202, [], '{"status":"accepted"}');
    }

    /** @param array<string, string> $headers */
    public static function problem(int $status, string $detail = 'no', array $headers = []): HttpAnswer
    {
        return new HttpAnswer($status, $headers, json_encode(['status' => $status, 'detail' => $detail], JSON_THROW_ON_ERROR));
    }
}
