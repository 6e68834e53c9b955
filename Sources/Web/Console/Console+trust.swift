import Entitlements
import Foundation
import Hummingbird
import Ledger
import Provisioning

/// What a person says to after a disaster or an end: this is the panel that it was, this server may go, this delivery is known.
extension Console {
    func addTrustDecisions(to group: RouterGroup<WebContext>) {
        post("panel/:panel/confirm", group) { form, _, context in
            try await confirmUnlocking(try panelName(context), form, context)
        }
        post("panel/:panel/unlock", group) { _, _, context in
            let name = try panelName(context)
            _ = try await api.unlock(name, context)
            return leave(
                "Panel \(name) is worked with again; it is read now, and locked again if most accounts or servers there are others than they were.",
                context,
                for: "/panel"
            )
        }
        post("dedicated/confirm", group) { form, _, context in try await confirmDeletion(form, context) }
        post("dedicated/delete", group) { form, _, context in
            let waiting = try Self.waitingDeletion(form)
            let reason = form["reason"] ?? ""
            _ = try await api.confirmDeletion(of: waiting.slot, server: waiting.server, because: reason, context)
            return leave("Its deletion is confirmed, and done as soon as the panel allows.", context, for: "/attention")
        }
        post("deliveries/:number/acknowledge", group) { form, _, context in
            let number = try api.number(context)
            _ = try await api.acknowledge(number, because: form["reason"] ?? "", context)
            return leave(
                "Delivery \(number) is acknowledged; it needs nobody any more.",
                context,
                for: "/deliveries/\(number)"
            )
        }
    }

    private func panelName(_ context: WebContext) throws -> PanelName {
        PanelName(try context.parameters.require("panel").removingPercentEncoding ?? "")
    }

    private func confirmUnlocking(_ name: PanelName, _ form: Form, _ context: WebContext) async throws -> Response {
        guard let panel = api.panels[name] else { throw Problem(.notFound, "No panel is called \"\(name)\".") }
        return try await show(context, at: "/panel") { frame in
            ConfirmPage(
                frame: frame,
                heading: "Panel \(name)",
                sentence: "Is it the panel that the ledger knows, with the same accounts and servers?",
                obstacle: panel.circuit.reason,
                changes: [
                    "The panel is read as a whole at once, and locked again if most accounts or servers there are others than they were.",
                    "Accounts of customers that are not there any more are made anew.",
                    "What waits for it is done: given what is missing, taken what nobody pays for.",
                ],
                action: "/panel/\(segment(name.rawValue))/unlock",
                back: "/panel",
                button: "It is: go on with it",
                kind: "danger",
                fields: ConfirmPage.Field.all(frame)
            )
        }
    }

    /// The server whose deletion a form is about, exactly as it was shown.
    private static func waitingDeletion(_ form: Form) throws -> (slot: DedicatedSlot, server: Int) {
        guard let slot = form["slot"].flatMap({ DedicatedSlot($0) }), let server = form["server"].flatMap({ Int($0) })
        else { throw Problem(.badRequest, "It does not say which server.", field: "slot") }
        return (slot, server)
    }

    private func confirmDeletion(_ form: Form, _ context: WebContext) async throws -> Response {
        let (slot, server) = try Self.waitingDeletion(form)
        let reason = try api.checkedReason(form["reason"] ?? "")
        let owned = try await api.ledger.dedicatedServers(of: slot.subscription).first { $0.server.slot == slot }
        guard let owned, owned.server.deletionWaitsSince != nil, owned.server.identity?.number == server else {
            throw Problem(.conflict, "No deletion of this server waits any more.")
        }
        return try await show(context, at: "/attention") { frame in
            ConfirmPage(
                frame: frame,
                heading: owned.server.name,
                sentence: DedicatedView(owned.server, of: owned.customer).sentence,
                changes: ["The server is deleted with everything on it. Nothing brings it back."],
                action: "/dedicated/delete",
                back: "/attention",
                button: "Delete it",
                kind: "danger",
                fields: ConfirmPage.Field.all(
                    frame,
                    ("slot", slot.description),
                    ("server", "\(server)"),
                    ("reason", reason)
                )
            )
        }
    }
}
