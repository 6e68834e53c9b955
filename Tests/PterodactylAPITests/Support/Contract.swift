import PterodactylAPI

/// What the client is held to for each recording.
enum Contract {
    /// Recordings of requests that no call of the client resembles, with the reason.
    static let left: [String: String] = [
        "app-head-users": "the client asks for nothing by HEAD",
        "app-nodes-configuration": "a node's own secrets are no business of the client's",
        "client-rename-server": "servers are renamed through the application API",
        "app-nests-list-include-eggs": "nests are asked for without their eggs, and a hundred a page",
    ]

    /// Recordings whose request the client never sends as it was recorded, with the reason; their answers are played all the same.
    static let askedOtherwise: [String: String] = Dictionary(
        uniqueKeysWithValues: reasons.flatMap { row in row.names.map { ($0, row.reason) } }
    )

    private static let reasons: [(reason: String, names: [String])] = [
        (
            "the client always asks for JSON",
            [
                "app-accept-any", "app-no-accept-422",
            ]
        ),
        (
            "what the client sends is well-formed JSON, an object, and of the right types",
            [
                "app-json-not-object", "app-malformed-json", "client-malformed-json", "app-users-create-form-encoded",
                "app-users-create-external-id-number", "app-users-create-username-array",
                "app-users-create-root-admin-string", "app-servers-create-bad-limits",
                "client-subusers-create-permissions-string", "client-power-bad-signal",
            ]
        ),
        (
            "the client has no call for this method or address",
            [
                "app-method-not-allowed", "app-no-such-route", "client-subusers-update-put-405",
            ]
        ),
        (
            "the client's calls always send what is required",
            [
                "app-nodes-deployable-missing", "app-servers-build-missing-allocation",
                "app-servers-build-missing-feature-limits", "app-servers-build-partial-limits",
                "app-servers-create-deploy-dedicated-missing", "app-servers-create-deploy-missing-keys",
                "app-servers-create-missing-fields", "app-servers-create-no-allocation-no-deploy",
                "app-servers-details-missing-user", "app-servers-startup-missing", "app-users-create-missing-all",
                "app-users-create-missing-email", "app-users-create-missing-names",
                "app-users-create-missing-username", "app-users-update-email-only", "app-users-update-empty",
                "app-users-update-external-id-only", "client-command-missing", "client-subusers-create-missing-email",
                "client-subusers-create-missing-permissions", "client-subusers-update-missing",
            ]
        ),
        (
            "the client sends websocket.connect for an empty set",
            [
                "client-subusers-create-empty-permissions", "client-subusers-update-empty",
            ]
        ),
        (
            "the client sends no password, and no field that it does not know",
            [
                "app-users-create-password-empty", "app-users-create-password-null",
                "app-users-create-password-number", "app-users-create-password-short",
                "app-users-create-with-password", "app-users-create-unknown-fields-ignored",
                "app-users-create-root-admin-language", "race-users-same-user-with-password-loser",
                "client-subusers-update-email-ignored", "app-servers-build-flat-legacy",
            ]
        ),
        (
            "a change by the client always says the external id, and of an account never the language or a password",
            [
                "app-users-update-duplicate-email", "app-users-update-full",
                "app-users-update-keeps-omitted-external-id", "app-users-update-no-password",
                "app-users-update-password", "app-users-update-root-admin", "app-users-update-root-admin-off",
                "race-users-external-id-held-by-two-patch-second-name-only",
                "app-servers-details-without-external-id",
            ]
        ),
        (
            "the client searches by one column at a time, and by a part that no comma, wildcard or boolean can spoil",
            [
                "app-users-list-filter-email-comma", "app-users-list-filter-email-empty", "app-users-list-filter-two",
                "app-users-list-filter-username-true", "app-users-list-filter-uuid",
                "app-users-list-filter-not-allowed", "app-users-external-encoded-slash",
                "app-users-external-with-slash",
            ]
        ),
        (
            "the client lists servers whole, without a filter",
            [
                "app-servers-list-filter-description", "app-servers-list-filter-external_id",
                "app-servers-list-filter-image", "app-servers-list-filter-name",
                "app-servers-list-filter-not-allowed", "app-servers-list-filter-two", "app-servers-list-filter-uuid",
                "app-servers-list-filter-uuidShort", "client-list-filter-external-id", "client-list-filter-name",
                "client-list-filter-star",
            ]
        ),
        (
            "the client asks only for what it can read beside a thing",
            [
                "app-servers-list-include-more", "app-servers-list-include-unknown", "app-nodes-list-include",
                "client-list-include", "client-server-get-include",
            ]
        ),
        (
            "the client counts pages from one, and sorts by id",
            [
                "app-users-list-page-0", "app-users-list-per-page-0", "app-users-list-per-page-negative",
                "app-users-list-per-page-text", "app-users-list-sort-desc", "app-users-list-sort-multi",
                "app-users-list-sort-not-allowed",
            ]
        ),
        (
            "the client names accounts by number, and deletes by no other word than force",
            [
                "app-users-get-not-a-number", "app-users-get-with-trailing-garbage",
                "app-servers-delete-force-bad-word",
            ]
        ),
    ]

    /// Which failure each recorded error must be, where it carries nothing with it.
    static let failures: [(kind: PanelError.Kind, names: [String])] = [
        (
            .unauthenticated,
            [
                "app-auth-bad-token", "app-auth-no-token", "client-account-key-after-user-delete",
                "client-auth-bad-token", "client-auth-no-token", "rate-app-401-while-limited",
            ]
        ),
        (
            .keyRefused,
            [
                "app-auth-client-key-of-non-admin", "client-auth-application-key",
                "client-auth-ip-not-allowed-403",
            ]
        ),
        (
            .forbidden,
            [
                "app-auth-key-lacks-resource", "app-auth-key-lacks-write",
                "app-servers-create-key-lacks-permission", "client-player-power-403",
                "client-player-subusers-update-self-403", "client-player-subusers-create-beyond-own-403",
            ]
        ),
        (
            .notFound,
            [
                "app-servers-delete-again-404", "app-servers-suspend-404", "app-users-delete-again",
                "app-users-update-404", "client-subusers-delete-again-404",
                "client-subusers-update-not-subuser-404",
            ]
        ),
        (
            .noSuchRoute,
            [
                "app-no-such-route", "app-users-external-encoded-slash", "app-users-external-with-slash",
                "app-method-not-allowed", "client-subusers-update-put-405",
            ]
        ),
        (.subuserExists, ["client-subusers-create-duplicate", "client-subusers-create-duplicate-other-case"]),
        (.userIsServerOwner, ["client-subusers-create-owner-email"]),
        (
            .refused,
            [
                "app-malformed-json", "client-malformed-json", "app-servers-create-no-viable-node-location",
                "app-servers-create-no-viable-node-memory", "app-servers-create-no-viable-allocation",
                "app-servers-create-port-range-too-big", "app-users-delete-owner-of-servers",
                "app-servers-list-filter-not-allowed", "app-users-list-filter-not-allowed",
                "app-users-list-sort-not-allowed",
            ]
        ),
        (.serverOffline, ["client-command-offline-502"]),
        (
            .daemon,
            [
                "app-servers-create-wings-500", "app-servers-delete-wings-500", "app-servers-suspend-wings-500",
                "client-command-wings-500", "client-command-wings-403", "client-command-wings-404",
                "client-command-wings-down-504", "client-command-wings-timeout", "client-power-wings-down-504",
                "client-resources-wings-down",
            ]
        ),
        (
            .panelFault,
            [
                "app-database-down-500", "app-redis-down-500", "app-users-list-per-page-negative",
                "app-users-list-per-page-text", "app-servers-list-include-more",
                "app-users-create-username-array", "app-users-create-smtp-down",
                "client-subusers-create-permissions-string", "client-subusers-create-smtp-down",
                "client-subusers-create-unknown-email-smtp-down",
                "client-subusers-create-unknown-email-short-local-part", "client-subusers-delete-smtp-down",
                "race-subuser-create-vs-user-delete", "race-subusers-unknown-email-loser",
                "race-users-different-users-no-password-deadlock", "race-users-same-user-loser",
                "race-users-same-user-with-password-loser", "race-servers-same-allocation-loser",
                "race-servers-same-external-id-loser",
                "race-users-external-id-held-by-two-patch-second-name-only",
            ]
        ),
        (.maintenance(retryAfter: .seconds(60)), ["app-maintenance-mode-503", "app-maintenance-mode-503-no-accept"]),
        (.notJSON, ["app-php-down-502-html", "app-database-down-no-accept"]),
        (
            .redirected(location: "http://127.0.0.1:8081"),
            ["app-accept-any", "app-no-accept-400-display", "app-no-accept-422"]
        ),
        (
            .redirected(location: "http://127.0.0.1:8081/auth/login"),
            ["app-auth-bad-token-no-accept", "app-auth-no-token-no-accept"]
        ),
        (
            .conflict(.suspended),
            [
                "client-command-suspended-409", "client-power-suspended-409", "client-resources-suspended",
                "client-subusers-create-suspended-409", "client-subusers-list-suspended-409",
            ]
        ),
        (.conflict(.installing), ["client-command-installing-409", "client-subusers-list-installing"]),
        (.conflict(.nodeMaintenance), ["client-command-node-maintenance-409"]),
    ]

    static let failureByName: [String: PanelError.Kind] = Dictionary(
        uniqueKeysWithValues: failures.flatMap { row in row.names.map { ($0, row.kind) } }
    )

    /// What the panel says it does not have, where the client answers with nil.
    static let missing: Set<String> = [
        "app-eggs-get-wrong-nest", "app-locations-get-404", "app-servers-external-404",
        "app-servers-external-after-wings-500", "app-servers-get-404", "app-users-external-404", "app-users-get-404",
        "app-users-get-not-a-number", "client-player-server-after-removal-404", "client-player-server-not-his-404",
        "client-server-get-404", "client-server-get-404-uuid", "client-subusers-get-not-subuser-404",
        "client-subusers-get-unknown-uuid-404",
    ]
}
