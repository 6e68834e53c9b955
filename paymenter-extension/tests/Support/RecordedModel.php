<?php

declare(strict_types=1);

namespace PaydactylTests\Support;

/** What an Eloquent model shows of itself, as it was recorded. */
final class RecordedModel
{
    /**
     * @param array<string, mixed> $attributes
     * @param array<string, mixed> $dirty
     * @param array<string, mixed> $was
     */
    public function __construct(private array $attributes, private array $dirty = [], private array $was = [])
    {
    }

    /** @return array<string, mixed> */
    public function getAttributes(): array
    {
        return $this->attributes;
    }

    /** @return array<string, mixed> */
    public function getDirty(): array
    {
        return $this->dirty;
    }

    public function getRawOriginal(string $column): mixed
    {
        return $this->was[$column] ?? null;
    }
}
