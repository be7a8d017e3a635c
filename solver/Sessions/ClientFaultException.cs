using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>
/// A failure that says nothing about the work itself: a client's session ended, it lacks a secret, a login or a directory, or a limit that it set
/// was reached. It is the failure of the build with that client; other builds that want the same have the work done again, without that client.
/// </summary>
public sealed class ClientFaultException : BuildException
{
    /// <summary>An error in the words "failed to DOING SUBJECT: REASON", as <see cref="BuildException"/> has them.</summary>
    public ClientFaultException(
        ErrorKind kind, string doing, string subject, string reason, string? remedy = null, Exception? inner = null)
        : base(kind, doing, subject, reason, remedy, inner)
    {
    }

    /// <summary>
    /// The client. Null: the one of the build that asked first, which is right wherever clients are asked in turn, because that one alone would
    /// have got no further.
    /// </summary>
    public ISession? Session { get; init; }

    /// <summary>The client's fault behind an error, if there is one: errors are often told again with more words.</summary>
    public static ClientFaultException? Find(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is ClientFaultException fault)
            {
                return fault;
            }
        }

        return null;
    }
}
