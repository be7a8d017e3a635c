using System.Globalization;
using Cairn.Rpc.Calls;
using Cairn.Rpc.Server;
using Cairn.Wire.Files;
using Cairn.Wire.Headers;
using Cairn.Wire.Methods;

namespace Cairn.Client.Sessions;

/// <summary>Takes results from the daemon.</summary>
internal sealed class FileSendService(IReadOnlyList<ExportDestination> exports)
{
    public void AddTo(RpcServices services) => services.Add(FileSendMethods.Path, ReceiveAsync);

    private async Task ReceiveAsync(ServerCall call, CancellationToken cancellationToken)
    {
        string id = call.RequestHeaders.Find(HeaderNames.ExporterId) ?? "0";
        ExportDestination destination = int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < exports.Count
            ? exports[index]
            : throw new RpcException(StatusCode.NotFound, $"no exporter {id} was asked for by this client");
        if (destination.Directory is { } directory)
        {
            if (destination.Delete && call.RequestHeaders.Find(HeaderNames.ExporterMultiPlatform) != "1")
            {
                throw new RpcException(
                    StatusCode.FailedPrecondition, "the destination is to hold nothing but the result, and this daemon does not send it as one");
            }

            await using PacketReceiver receiver = PacketReceiver.Begin(
                call.Requests(FilePacket.Marshaller), call.Responses(FilePacket.Marshaller), "the result", cancellationToken);
            await new TreeReceiver(directory, destination.Delete).ReceiveAsync(receiver, cancellationToken);
        }
        else if (destination.Output is { } output)
        {
            await call.AsByteStream().CopyToAsync(output, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
        else if (destination.File is { } file)
        {
            await WriteAsync(call.AsByteStream(), Path.GetFullPath(file), cancellationToken);
        }
        else
        {
            throw new RpcException(StatusCode.FailedPrecondition, $"exporter {id} has no destination at this client");
        }
    }

    // Written beside its place and renamed when it is whole.
    private static async Task WriteAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                await content.CopyToAsync(file, 1 << 17, cancellationToken);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
