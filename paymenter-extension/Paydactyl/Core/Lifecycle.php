<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Core;

use Paymenter\Extensions\Servers\Paydactyl\Events\LifecycleCall;

/**
 * Answers Paymenter's five lifecycle calls.
 *
 * The call is written down and then delivered as far as its time goes. A bridge that is away is no failure: what was
 * written down is delivered later, and a failed job would only make a person retry what happens anyway. What a person
 * must put right is thrown.
 */
final class Lifecycle
{
    public function __construct(private readonly Assembly $assembly)
    {
    }

    /**
     * @param bool $isPerson whether a person waits for it at this moment, rather than a job of the queue
     * @param bool $maySend false inside a transaction, where nothing is sent
     * @return ?string why it is not with the bridge yet, in one sentence; null if it is
     * @throws Problem that is shown as the failed job or the notification
     */
    public function call(LifecycleCall $call, int $serviceId, bool $isPerson, bool $maySend): ?string
    {
        $end = $this->assembly->clock->now() + Settings::LIFECYCLE_MILLISECONDS;
        $service = $this->assembly->recorder()->lifecycleCalled($call, $serviceId, again: $isPerson);
        if ($service === null) {
            throw new Problem(
                "Service {$serviceId} does not exist or its product is not sold through Paydactyl; nothing was told."
            );
        }
        $courier = $this->assembly->courier();
        $waits = $maySend ? null : 'It is delivered once the transaction is over.';
        if ($maySend) {
            $run = $courier->run($end - $this->assembly->clock->now(), $service->subject());
            if ($run->needsPerson || $run->refusal !== null) {
                throw new Problem(
                    ($run->refusal ?? $run->problem) . ' The event is kept and delivered once that is put right.'
                );
            }
            $isLeft = $this->assembly->outbox()->waits($service->subject());
            $waits = $run->problem ?? ($isLeft ? 'The bridge is slow; it is delivered in the background.' : null);
        }
        if ($isPerson && $service->status !== $call->expectedStatus()) {
            throw new Problem(
                "Paymenter shows service {$serviceId} as {$service->status}, and that is what was told: set its status"
                . " to {$call->expectedStatus()} (or delete it, to end it) instead of triggering the action."
            );
        }

        return $waits;
    }
}
