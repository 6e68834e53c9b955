import PanelSimulator

private func account(_ id: Int, _ name: String, email: String, uuid: String = "", external: String? = nil) -> PanelUser
{
    PanelUser(
        id: id,
        uuid: uuid,
        externalID: external,
        username: name,
        email: email,
        firstName: "R",
        lastName: "C"
    )
}

extension ReplaySequence {
    static let player = ReplaySequence(
        "a player who may manage subusers",
        users: [
            account(2, "steve", email: "steve@example.test", uuid: "0f337615-6fac-48f5-98c7-ea2ffbac534e"),
            account(4, "owner2", email: "owner2@example.test", uuid: "694b8b62-74cd-45b2-ac22-257f1e5b806a"),
        ]
    ) {
        { panel, _ in
            let held = [
                "user.create", "user.read", "user.update", "user.delete", "control.console", "websocket.connect",
            ]
            panel.addSubuser(user: 2, server: 1, permissions: held)
            panel.addSubuser(user: 2, server: 2, permissions: ["websocket.connect"])
        }
        """
        client-player-list client-player-list-admin-all client-player-server-get client-player-server-not-his-404
        client-player-subusers-create-beyond-own-403 client-player-subusers-create-within-own
        client-player-subusers-update-self-403 client-player-command client-player-power-403
        """
        { panel, _ in panel.removeSubuser(user: 2, server: 1) }
        "client-player-server-after-removal-404"
        "app-auth-client-key-of-non-admin"
    }

    static let mailDown = ReplaySequence(
        "the mail server is down",
        users: [account(2, "had", email: "had@example.test", uuid: "5d11c4b9-8809-4e6b-9f15-0081bd06a49a")]
    ) {
        { panel, _ in
            panel.setMailDown(true)
            panel.spendApplicationCalls(1)
        }
        """
        app-users-create-smtp-down app-users-list-after-smtp-down client-subusers-create-smtp-down
        client-subusers-list-after-smtp-down client-subusers-create-unknown-email-smtp-down
        """
        { panel, _ in
            panel.spendClientCalls(1)
            panel.addSubuser(user: 2, server: 1, permissions: ["control.console", "websocket.connect"])
        }
        "client-subusers-delete-smtp-down client-subusers-list-after-delete-smtp-down"
        { panel, clock in
            panel.setMailDown(false)
            clock.advance(61)
        }
        "app-users-list-recovered"
    }

    static let deletedUser = ReplaySequence(
        "a subuser is deleted",
        users: [
            account(3, "alex", email: "alex@example.test", uuid: "a9c84b7a-f831-4899-9f1b-dbce81a8019e"),
            account(4, "gone", email: "gone@example.test"),
        ]
    ) {
        "client-subusers-create-before-user-delete"
        { panel, _ in
            panel.addSubuser(user: 4, server: 1, permissions: ["websocket.connect"])
            panel.spendApplicationCalls(4)
        }
        "app-users-delete-with-subuser-rows"
    }

    static let rateLimits = ReplaySequence("rate limits") {
        "rate-app-first"
        { panel, _ in panel.spendApplicationCalls(238) }
        "rate-app-last-allowed"
        { _, clock in clock.advance(4) }
        """
        rate-app-429 rate-app-429-post rate-app-429-no-accept rate-app-429-other-app-key-same-user
        rate-app-429-client-key-on-application-api rate-app-401-while-limited
        rate-client-unaffected-by-app-limit
        """
        { _, clock in clock.advance(56) }
        "rate-app-after-retry-after"
        { _, clock in clock.advance(60) }
        "rate-client-first"
        { panel, _ in panel.spendClientCalls(718) }
        "rate-client-last-allowed"
        { _, clock in clock.advance(15) }
        "rate-client-429 rate-app-unaffected-by-client-limit"
    }

    static let duplicateRows = ReplaySequence(
        "ten subusers have five rows each",
        users: (0..<10).map { index in
            let uuid = index == 0 ? "d01b6425-16bb-4900-af29-a70c0b50ce71" : ""
            return account(2 + index, "sub\(index)", email: "s\(index)@example.test", uuid: uuid)
        }
    ) {
        { panel, _ in
            for row in 0..<50 {
                panel.addSubuser(user: 2 + row / 5, server: 1, permissions: ["control.console", "websocket.connect"])
            }
            panel.spendClientCalls(50)
        }
        """
        race-subusers-duplicate-rows-list race-subusers-duplicate-rows-get race-subusers-duplicate-rows-update
        race-subusers-duplicate-rows-delete race-subusers-duplicate-rows-get-after-delete
        race-subusers-duplicate-rows-delete-second
        """
    }

    static let sharedExternalID = ReplaySequence(
        "two accounts hold one external id",
        users: [
            account(3, "d1x2", email: "d1x2@example.test", external: "x1"),
            account(4, "d1x1", email: "d1x1@example.test", external: "x1"),
        ]
    ) {
        { panel, _ in panel.spendApplicationCalls(50) }
        """
        race-users-external-id-held-by-two-get race-users-external-id-held-by-two-filter
        race-users-external-id-held-by-two-patch-second
        race-users-external-id-held-by-two-patch-second-name-only
        """
    }

    static let rows = ReplaySequence(
        "a listing with subuser rows",
        users: [account(2, "steve", email: "steve@example.test")]
    ) {
        { panel, _ in
            let held = ["control.console", "file.read", "websocket.connect"]
            panel.addSubuser(user: 2, server: 1, permissions: held)
        }
        "app-servers-list-include-subusers-with-rows"
    }

    /// Recordings that are compared by other tests, in which something overlaps or is broken on purpose.
    static let elsewhere: Set<String> = [
        "race-servers-same-allocation-loser", "race-servers-same-external-id-loser",
        "race-subuser-create-vs-user-delete", "race-subusers-unknown-email-loser",
        "race-users-different-users-no-password-deadlock", "race-users-same-user-loser",
        "race-users-same-user-with-password-loser", "app-database-down-500", "app-database-down-no-accept",
        "app-redis-down-500", "app-php-down-502-html", "app-maintenance-mode-503",
        "app-maintenance-mode-503-no-accept",
    ]

    /// Recordings that are not replayed, with the reason.
    static let notReplayed: [String: String] = [:]
}
