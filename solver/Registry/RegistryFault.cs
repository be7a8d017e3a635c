using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cairn.Llb;

namespace Cairn.Solver.Registry;

/// <summary>Which faults of a connection may pass, and how they are told.</summary>
internal static class RegistryFault
{
    public static bool IsTransport(Exception e) => e is HttpRequestException or IOException or TimeoutException;

    /// <summary>Whether trying again may help: torn connections, silence and overload; not refusals and names that do not exist.</summary>
    public static bool MayPass(Exception e) => e switch
    {
        TimeoutException => true,
        HttpRequestException { StatusCode: { } status } => MayPass(status),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => false,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => SocketError(e) is System.Net.Sockets.SocketError.ConnectionReset or System.Net.Sockets.SocketError.TimedOut or System.Net.Sockets.SocketError.TryAgain,
        HttpRequestException or IOException => true,
        _ => false,
    };

    public static bool MayPass(HttpStatusCode status) =>
        status == HttpStatusCode.TooManyRequests || ((int)status >= 500 && status != HttpStatusCode.NotImplemented);

    /// <summary>Whether the peer does not speak TLS, or listens only where plain HTTP is expected.</summary>
    public static bool SuggestsPlainHttp(Exception e, bool hasPort) => e is HttpRequestException http
        && (http.HttpRequestError == HttpRequestError.SecureConnectionError
            || (!hasPort && http.HttpRequestError == HttpRequestError.ConnectionError));

    /// <summary>The fault as the user reads it, with the registry's name.</summary>
    public static BuildException Explain(Exception e, string doing, string subject, string host) => e switch
    {
        TimeoutException => new BuildException(
            ErrorKind.Environment, doing, subject, $"the registry {host} {e.Message}", "Check the network, or try again later.", e),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => new BuildException(
            ErrorKind.Environment, doing, subject, $"the registry's host name {host} is not known", "Check the name and the network.", e),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => new BuildException(
            ErrorKind.Environment, doing, subject, $"no TLS connection to the registry {host}: {Innermost(e)}", "Install the registry's certificate, or allow an insecure registry.", e),
        HttpRequestException when SocketError(e) == System.Net.Sockets.SocketError.ConnectionRefused => new BuildException(
            ErrorKind.Environment, doing, subject, $"the registry {host} refused the connection", "Check that the registry runs, and its name and port.", e),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => new BuildException(
            ErrorKind.Environment, doing, subject, $"no connection to the registry {host}: {Innermost(e)}", "Check the network.", e),
        _ => new BuildException(
            ErrorKind.Environment, doing, subject, $"the connection to the registry {host} broke: {Innermost(e)}", "Check the network, or try again later.", e),
    };

    /// <summary>The error of a wait that nothing ended.</summary>
    public static TimeoutException Silence(TimeSpan timeout) =>
        new(string.Create(CultureInfo.InvariantCulture, $"was silent for {timeout.TotalSeconds:0.#} s"));

    private static SocketError? SocketError(Exception e)
    {
        for (Exception? at = e; at is not null; at = at.InnerException)
        {
            if (at is SocketException socket)
            {
                return socket.SocketErrorCode;
            }
        }

        return null;
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e.Message.TrimEnd('.');
    }
}
