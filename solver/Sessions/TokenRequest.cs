namespace Cairn.Solver.Sessions;

/// <summary>What a token for a registry is asked for with.</summary>
/// <param name="Host">The registry as in the address of the request; for Docker Hub <c>registry-1.docker.io</c>.</param>
/// <param name="Realm">Address of the token service.</param>
/// <param name="Service">As the registry's challenge has it; may be empty.</param>
/// <param name="Scopes">Resource scopes, sorted.</param>
public sealed record TokenRequest(string Host, string Realm, string Service, IReadOnlyList<string> Scopes);
