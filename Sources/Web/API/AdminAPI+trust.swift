import Entitlements
import HTTPTypes
import Hummingbird
import Ledger
import Provisioning

/// What a person says to after a disaster: this is the panel that it was, this ledger may be worked from.
extension AdminAPI {
    func addTrustRoutes(to group: RouterGroup<WebContext>) {
        group.post("panels/:panel/unlock") { _, context in
            try await unlock(PanelName(try context.parameters.require("panel")), context)
        }
        group.post("enforce") { _, context in try await enforce(context) }
    }

    func unlock(_ name: PanelName, _ context: WebContext) async throws -> Response {
        guard let panel = panels[name] else {
            throw Problem(.notFound, "No panel is called \"\(name)\".")
        }
        guard panel.unlock() else {
            throw Problem(.conflict, "The circuit of panel \(name) is not locked.")
        }
        try await act("unlock panel \(name)", on: nil, context)
        try await ledger.markAll(in: [.blocked, .working], priority: .change, now: clock.now())
        try await ledger.markAllRanks(in: [.blocked, .working], now: clock.now())
        ranks.ring()
        audits[name]?.ring()
        lanes.ring()
        return try JSONBody.response(["unlocked": name.rawValue])
    }

    func enforce(_ context: WebContext) async throws -> Response {
        guard rules.standby != nil else {
            throw Problem(
                .conflict,
                "The service does not observe because of its ledger; the configuration's mode is \(rules.rules.mode.rawValue)."
            )
        }
        guard panels.values.allSatisfy({ $0.lastAudit != nil }) else {
            throw Problem(
                .conflict,
                "Not every panel was read since the start. Wait for the first audit, and read the plan."
            )
        }
        try await act("enforce", on: nil, context)
        try await RestoredLedger.accept(panels.mapValues(\.strangers), rules: rules, ledger: ledger)
        try await ledger.markAll(in: [.blocked, .working], priority: .change, now: clock.now())
        try await ledger.markAllRanks(in: [.blocked, .working], now: clock.now())
        ranks.ring()
        lanes.ring()
        return try JSONBody.response(["mode": rules.rules.mode.rawValue])
    }
}
