<?php

declare(strict_types=1);

namespace PaydactylTests\Binding;

/** Who is signed in. */
final class SignedIn
{
    public ?int $id = null;

    public function id(): ?int
    {
        return $this->id;
    }
}
