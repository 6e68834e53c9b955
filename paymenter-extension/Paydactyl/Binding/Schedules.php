<?php

declare(strict_types=1);

namespace Paymenter\Extensions\Servers\Paydactyl\Binding;

use Illuminate\Console\Application as Artisan;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Contracts\Foundation\Application;

/** Our commands, and when Paymenter's minute cron runs them. */
final class Schedules
{
    public static function register(Application $app): void
    {
        if (!$app->runningInConsole()) {
            return;
        }
        Artisan::starting(static function (Artisan $artisan): void {
            $artisan->resolveCommands([
                FlushCommand::class, SnapshotCommand::class, StatusCommand::class, WantedCommand::class,
            ]);
        });
        $app->resolving(Schedule::class, static function (Schedule $schedule): void {
            self::plan($schedule);
        });
        if ($app->resolved(Schedule::class)) {
            self::plan($app->make(Schedule::class));
        }
    }

    private static function plan(Schedule $schedule): void
    {
        $schedule->command('paydactyl:flush')->everyMinute()->withoutOverlapping(5)->runInBackground()
            ->description('Delivers what waits to Paydactyl');
        $schedule->command('paydactyl:snapshot')->hourlyAt(7)->withoutOverlapping(55)->runInBackground()
            ->description('Sends Paydactyl the full list of services');
        $schedule->command('paydactyl:wanted')->everyFiveMinutes()->withoutOverlapping(10)->runInBackground()
            ->description('Tells Paydactyl anew what it asks for');
    }
}
