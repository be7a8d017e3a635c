namespace Cairn.Solver.Registry;

/// <summary>One request to a registry, in a form that can be sent more than once.</summary>
internal sealed record RegistryCall(HttpMethod Method, string Path, RegistryScope Scope)
{
    /// <summary>What the user is told was being done.</summary>
    public required string Doing { get; init; }

    /// <summary>The image or repository it was done for.</summary>
    public required string Subject { get; init; }

    /// <summary>Sets headers on each message made for this call.</summary>
    public Action<HttpRequestMessage>? Prepare { get; init; }

    /// <summary>Makes the body anew for each attempt; the argument is to be called whenever bytes have moved.</summary>
    public Func<Action, HttpContent>? Content { get; init; }

    /// <summary>False when a second attempt would meet another state of the registry; the caller then starts over itself.</summary>
    public bool Repeatable { get; init; } = true;
}
