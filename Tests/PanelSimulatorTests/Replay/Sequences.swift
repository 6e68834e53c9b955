import PanelSimulator

private func player(_ id: Int, _ name: String, uuid: String, external: String? = nil) -> PanelUser {
    PanelUser(
        id: id,
        uuid: uuid,
        externalID: external,
        username: name,
        email: "\(name)@example.test",
        firstName: "A",
        lastName: "B"
    )
}

private func spend(_ calls: Int) -> @Sendable (SimulatedPanel, ReplayClock) -> Void {
    { panel, _ in panel.spendApplicationCalls(calls) }
}

private func wings(_ health: WingsHealth) -> @Sendable (SimulatedPanel, ReplayClock) -> Void {
    { panel, _ in panel.setWings(health) }
}

private let survival = 1
private let steve = player(2, "steve", uuid: "0f337615-6fac-48f5-98c7-ea2ffbac534e")
private let alex = player(3, "alex", uuid: "34b2f642-63cd-43c9-883a-52a3d7bd3aeb")
private let owner = player(4, "owner2", uuid: "694b8b62-74cd-45b2-ac22-257f1e5b806a")

extension ReplaySequence {
    /// All sequences.
    static let all = [
        users, moreUsers, places, servers, client, player, mailDown, deletedUser, rateLimits, duplicateRows,
        sharedExternalID, rows,
    ]

    static let users = ReplaySequence("users") {
        """
        app-users-create-no-password app-users-create-with-password app-users-create-password-null
        app-users-create-username-uppercase app-users-create-username-dots-dashes
        app-users-create-root-admin-language app-users-create-duplicate-email
        app-users-create-duplicate-email-other-case app-users-create-duplicate-username
        app-users-create-duplicate-username-other-case app-users-create-duplicate-external-id
        app-users-create-duplicate-all app-users-create-username-illegal-chars
        app-users-create-username-leading-underscore app-users-create-username-trailing-dot
        app-users-create-username-one-char app-users-create-username-two-chars
        app-users-create-username-three-chars app-users-create-username-unicode
        app-users-create-username-192-chars app-users-create-username-191-chars
        app-users-create-username-email-like app-users-create-missing-email app-users-create-missing-username
        app-users-create-missing-names app-users-create-empty-last-name app-users-create-missing-all
        app-users-create-bad-email app-users-create-email-no-tld app-users-create-email-plus
        app-users-create-email-idn app-users-create-bad-language app-users-create-external-id-number
        app-users-create-external-id-too-long app-users-create-external-id-empty
        app-users-create-first-name-192 app-users-list app-users-list-page app-users-list-page-past-end
        app-users-list-per-page-500 app-users-list-filter-email app-users-list-filter-email-partial
        app-users-list-filter-email-plus-encoded app-users-list-filter-email-comma
        app-users-list-filter-email-underscore-wildcard app-users-list-filter-none-found
        app-users-list-filter-external-id app-users-list-filter-external-id-partial
        app-users-list-filter-username app-users-list-filter-uuid app-users-list-filter-not-allowed
        app-users-list-sort-desc app-users-list-sort-not-allowed app-users-list-include-servers app-users-get
        app-users-get-include-servers app-users-get-404 app-users-get-not-a-number app-users-external-found
        app-users-external-with-slash app-users-external-encoded-slash
        app-users-external-404 app-users-update-full app-users-update-no-password
        app-users-update-external-id-only app-users-update-empty app-users-update-email-only
        app-users-update-external-id-null app-users-update-external-id-set app-users-update-duplicate-email
        app-users-update-duplicate-external-id app-users-update-password app-users-update-root-admin
        app-users-update-root-admin-off app-users-update-404 app-users-delete app-users-delete-again
        app-users-delete-owner-of-servers app-auth-client-key-of-admin app-auth-key-lacks-write
        app-auth-key-lacks-resource app-auth-key-users-read-ok app-auth-key-users-read-include-servers-denied
        app-json-not-object app-accept-pterodactyl-v1 app-no-accept-422 app-no-accept-400-display app-accept-any
        app-auth-bad-token app-auth-bad-token-no-accept app-auth-no-token app-auth-no-token-no-accept
        app-malformed-json app-method-not-allowed app-no-such-route
        """
    }

    static let moreUsers = ReplaySequence(
        "more users",
        users: [
            PanelSimulatorTests.player(
                2,
                "steve",
                uuid: "f95126e9-57af-46c0-8018-2b46b160b847",
                external: "ext-steve"
            ),
            PanelSimulatorTests.player(3, "true", uuid: "146b54dd-ee60-4b5f-a677-41d5da1aba21", external: "ext-true"),
            PanelSimulatorTests.player(
                4,
                "stev-x",
                uuid: "05031936-a1e6-4aa2-b7a2-b4fb300dd811",
                external: "ext-stev-x"
            ),
        ]
    ) {
        spend(3)
        """
        app-users-list-filter-email-empty app-users-list-filter-email-percent app-users-list-filter-username-true
        app-users-list-filter-email-uppercase app-users-list-filter-two app-users-list-filter-encoded-brackets
        app-users-list-per-page-0 app-users-list-per-page-negative app-users-list-per-page-text
        app-users-list-page-0 app-users-list-sort-multi app-users-create-email-mixed-case-and-spaces
        app-users-create-emoji-name app-users-create-unknown-fields-ignored
        app-users-update-keeps-omitted-external-id app-users-create-password-short
        app-users-create-password-empty app-users-create-password-number app-users-create-root-admin-string
        app-users-create-username-array app-users-create-form-encoded app-users-external-case-insensitive
        app-users-get-with-trailing-garbage app-head-users
        """
        spend(2)
        """
        app-servers-list-filter-two
        client-account-key-survives-password-change
        """
        { panel, _ in panel.deleteUser(2) }
        "client-account-key-after-user-delete"
    }

    static let places = ReplaySequence("places and servers that are there") {
        """
        app-nodes-list app-nodes-list-include app-nodes-get app-nodes-allocations
        app-nodes-allocations-include-server app-nodes-deployable app-nodes-deployable-location
        app-nodes-deployable-none app-nodes-deployable-missing app-nodes-configuration app-locations-list
        app-locations-get-include app-locations-get-404 app-nests-list app-nests-list-include-eggs app-nests-get
        app-eggs-list app-eggs-list-include-variables app-eggs-get-include-variables app-eggs-get-wrong-nest
        """
        spend(1)
        """
        app-servers-list app-servers-list-page app-servers-list-include app-servers-list-include-more
        app-servers-list-include-unknown app-servers-list-filter-name app-servers-list-filter-external_id
        app-servers-list-filter-uuid app-servers-list-filter-uuidShort app-servers-list-filter-description
        app-servers-list-filter-image app-servers-list-filter-not-allowed app-servers-get
        app-servers-get-include app-servers-get-404 app-servers-external-found app-servers-external-404
        """
    }

    static let servers = ReplaySequence("servers that come and go", users: [steve]) {
        spend(38)
        "app-servers-create-deploy client-server-get-installing client-command-installing-409"
        """
        client-subusers-list-installing app-servers-create-duplicate-external-id
        app-servers-create-deploy-dedicated-port-range app-servers-create-explicit-allocation
        app-servers-create-allocation-taken app-servers-create-no-allocation-no-deploy
        app-servers-create-missing-fields app-servers-create-missing-environment
        app-servers-create-unknown-user app-servers-create-unknown-egg app-servers-create-bad-image
        app-servers-create-bad-limits app-servers-create-no-viable-node-memory
        app-servers-create-no-viable-node-location app-servers-create-no-viable-allocation
        app-servers-create-port-range-too-big app-servers-create-deploy-missing-keys
        app-servers-create-deploy-dedicated-missing
        """
        wings(.failing(status: 500))
        "app-servers-create-wings-500"
        wings(.up)
        "app-servers-external-after-wings-500 app-servers-create-key-lacks-permission"
        { panel, _ in panel.finishInstallation(server: 7) }
        """
        app-servers-build app-servers-build-flat-legacy app-servers-build-missing-allocation
        app-servers-build-missing-feature-limits app-servers-build-partial-limits
        app-servers-build-foreign-allocation app-servers-build-add-allocation
        """
        wings(.failing(status: 500))
        "app-servers-build-wings-500"
        wings(.up)
        """
        app-servers-details app-servers-details-change-owner app-servers-details-without-external-id
        app-servers-details-missing-user
        """
        { panel, _ in
            // The one call of the run that was not recorded gave the server its external id and text back.
            panel.spendApplicationCalls(1)
            panel.changeServer(7) { server in
                server.externalID = "order-1001"
                server.description = "new text"
            }
        }
        """
        app-servers-startup app-servers-startup-bad-env app-servers-startup-missing app-servers-suspend
        app-servers-suspend-again app-servers-get-suspended client-server-get-suspended
        client-command-suspended-409 client-power-suspended-409 client-subusers-list-suspended-409
        client-subusers-create-suspended-409 client-resources-suspended app-servers-build-suspended
        app-servers-unsuspend app-servers-unsuspend-again
        """
        wings(.failing(status: 500))
        "app-servers-suspend-wings-500"
        wings(.up)
        """
        app-servers-get-after-failed-suspend app-servers-suspend-404 app-servers-reinstall
        app-servers-get-reinstalling app-servers-reinstall-again app-servers-suspend-while-installing
        app-servers-unsuspend-after-installing
        """
        wings(.failing(status: 500))
        "app-servers-delete-wings-500 app-servers-delete-force-wings-500"
        wings(.up)
        "app-servers-delete app-servers-delete-again-404"
        wings(.failing(status: 404))
        "app-servers-delete-wings-404"
        wings(.up)
        "app-servers-delete-force-bad-word"
    }

    static let client = ReplaySequence("client", users: [steve, alex, owner]) {
        """
        client-list client-list-admin-all client-list-admin-all-page client-list-admin-all-per-page-500
        client-list-admin client-list-owner client-list-filter-name client-list-filter-external-id
        client-list-filter-star client-list-include client-permissions client-account client-server-get
        client-server-get-by-uuid client-server-get-404 client-server-get-404-uuid client-server-get-include
        client-resources client-websocket client-subusers-list-empty client-subusers-create-existing-user
        client-subusers-create-duplicate client-subusers-create-duplicate-other-case
        client-subusers-create-unknown-email client-subusers-create-unknown-email-weird-local-part
        client-subusers-create-unknown-email-short-local-part client-subusers-create-unknown-permission
        client-subusers-create-owner-email client-subusers-create-empty-permissions
        client-subusers-create-missing-permissions client-subusers-create-permissions-string
        client-subusers-create-missing-email client-subusers-create-bad-email
        client-subusers-create-only-unknown-permissions client-subusers-create-repeated-permission
        client-subusers-list client-subusers-get client-subusers-get-not-subuser-404
        client-subusers-get-unknown-uuid-404 client-subusers-update client-subusers-update-same-set
        client-subusers-update-unknown-permission client-subusers-update-empty client-subusers-update-missing
        client-subusers-update-websocket-only client-subusers-update-email-ignored
        """
        wings(.down)
        "client-subusers-update-wings-down"
        wings(.up)
        """
        client-subusers-update-not-subuser-404 client-subusers-update-put-405 client-subusers-delete
        client-subusers-delete-again-404 client-malformed-json
        """
        wings(.down)
        "client-subusers-delete-wings-down"
        wings(.up)
        """
        client-command client-command-with-slash-and-newline client-command-empty client-command-missing
        """
        { panel, _ in panel.setOnline(false, server: survival) }
        "client-command-offline-502"
        { panel, _ in
            panel.setOnline(true, server: survival)
            panel.setWings(.down)
        }
        "client-command-wings-down-504 client-power-wings-down-504 client-resources-wings-down"
        wings(.failing(status: 500))
        "client-command-wings-500"
        wings(.failing(status: 404))
        "client-command-wings-404"
        wings(.failing(status: 403))
        "client-command-wings-403"
        wings(.up)
        """
        client-power-start client-power-restart client-power-stop client-power-kill client-power-bad-signal
        """
        { panel, _ in panel.setMaintenance(true) }
        "client-command-node-maintenance-409"
        { panel, _ in panel.setMaintenance(false) }
        """
        client-rename-server client-auth-application-key client-auth-bad-token client-auth-ip-not-allowed-403
        client-auth-no-token
        """
        { panel, clock in
            clock.advance(60)
            panel.setOnline(true, server: survival)
        }
        "client-power-slow-wings-before"
        wings(.down)
        "client-command-wings-timeout"
        spend(3)
        "app-users-list-after-subuser-created-user"
    }
}
