// Calls /test.Echo/Who on the target that is its argument, a hundred times a second, until it is
// ended. One line a call: who answered, or `!` with the status and its words.
'use strict';
const grpc = require('@grpc/grpc-js');
require('@grpc/grpc-js-xds').register();

const asItIs = (data) => data;
const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure());

setInterval(() => {
  const deadline = new Date(Date.now() + 5000);
  client.makeUnaryRequest('/test.Echo/Who', asItIs, asItIs, Buffer.alloc(0), { deadline }, (error, answer) => {
    console.log(error ? `! ${grpc.status[error.code]} ${error.details}` : answer.toString());
  });
}, 10);
